#!/bin/bash
# Workers for a batch that was queued with --enqueue; see scaling.md.
#   sbatch slurm-array.sh 2026-11-news
# Four workers. Slurm requeues a worker whose node fails. It sends SIGTERM 120 seconds before the
# time limit: alimsg then starts no further call and waits for the running ones.
#SBATCH --job-name=alimsg
#SBATCH --array=1-4
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --output=alimsg-%A-%a.log
set -euo pipefail

batch=${1:?usage: sbatch slurm-array.sh BATCH}

# The password is in ~/.pgpass (chmod 600), not here:
#   db.example.com:5432:alimsg:alimsg:PASSWORD
export ALIMSG_STORE="${ALIMSG_STORE:-postgres://alimsg@db.example.com/alimsg?sslmode=verify-full}"
# The home folder is on all nodes, so no worker may switch ai-mode in it.
export ALIMSG_AI_MODE=call

# `exec`, so that the signal of Slurm reaches alimsg.
exec alimsg batches work "$batch" --jobs 8 --rate 2000 --json
