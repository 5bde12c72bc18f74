//! The program; everything is in the library, so that benchmarks and tests can import it.

use std::process::ExitCode;

fn main() -> ExitCode {
    alimsg::main()
}
