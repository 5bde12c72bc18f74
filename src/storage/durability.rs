//! Whether the state folder keeps its files, and keeps them for one machine.

use std::path::Path;

use anyhow::{Result, bail};

/// What to do instead.
const ADVICE: &str = "share a PostgreSQL database with --store postgres://…, set ALIMSG_STATE_DIR \
                      to a folder on a local disk that is kept, or accept the risk with \
                      --ephemeral-state";

/// Checks the file system of a folder, which need not exist.
///
/// # Errors
/// Keys can be lost, or other machines can use the folder at the same time.
pub fn check(folder: &Path) -> Result<()> {
    let Some(existing) = folder.ancestors().find(|path| path.exists()) else { return Ok(()) };
    let kind = system::file_system(existing);
    if let Some(name) = kind.and_then(network_name) {
        bail!(
            "the state folder {} is on a network file system ({name}), where locks and the database \
             of keys are not reliable; {ADVICE}",
            folder.display()
        );
    }
    if kind == Some(OVERLAY) && in_container() && system::is_on_root(existing) {
        bail!(
            "the state folder {} is inside a container and is deleted with it, together with the \
             record of the keys that were used; {ADVICE}",
            folder.display()
        );
    }
    Ok(())
}

const OVERLAY: u32 = 0x794c_7630;

/// The name of a network file system, by the number that Linux gives it.
fn network_name(kind: u32) -> Option<&'static str> {
    let names = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB"),
        (0x6573_5546, "FUSE"),
        (0x5346_414f, "AFS"),
        (0x6b41_4653, "AFS"),
        (0x00c3_6400, "Ceph"),
        (0x0bd0_0bd0, "Lustre"),
        (0x4750_4653, "GPFS"),
        (0x1983_0326, "BeeGFS"),
        (0x0116_1970, "GFS2"),
        (0x7461_636f, "OCFS2"),
        (0x7375_7245, "Coda"),
    ];
    names.into_iter().find(|(number, _)| *number == kind).map(|(_, name)| name)
}

fn in_container() -> bool {
    Path::new("/.dockerenv").exists()
        || Path::new("/run/.containerenv").exists()
        || std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}

#[cfg(target_os = "linux")]
mod system {
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    /// The number of the file system at a path.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "32 bits are used")]
    pub fn file_system(path: &Path) -> Option<u32> {
        rustix::fs::statfs(path).ok().map(|found| found.f_type as u32)
    }

    /// Whether a path is on the file system of the root folder.
    pub fn is_on_root(path: &Path) -> bool {
        let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
        device(path) == device(Path::new("/"))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::Path;

    pub fn file_system(_: &Path) -> Option<u32> {
        None
    }

    pub fn is_on_root(_: &Path) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_recognised_and_local_ones_are_not() {
        assert_eq!(network_name(0x6969), Some("NFS"));
        assert_eq!(network_name(0xff53_4d42), Some("CIFS"));
        for local in [0xef53, 0x0102_1994, 0x9123_683e, 0x5846_5342, OVERLAY] {
            assert_eq!(network_name(local), None, "{local:x}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_file_system_of_a_folder_is_found_before_the_folder_exists() {
        assert_eq!(system::file_system(Path::new("/proc")), Some(0x9fa0));
        check(Path::new("/proc/alimsg/state")).expect("a local file system");
    }
}
