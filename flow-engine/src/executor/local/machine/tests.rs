//! What is read of the machine.

use super::*;

#[test]
fn what_is_said_wins_over_what_is_found() {
    let said = Machine { cpus: Some(3), memory_bytes: Some(5), gpus: Some(7) };
    assert_eq!(said.room(), Claim { milli_cpus: 3000, memory_bytes: 5, gpus: 7 });
    let found = Machine::default().room();
    assert!(found.milli_cpus >= 1000 && found.memory_bytes > 1 << 20, "{found}");
}

#[test]
fn memory_is_told_in_kibibytes() {
    assert_eq!(parse_meminfo("MemTotal:        2048 kB\nMemFree: 1 kB\n"), Some(2048 * 1024));
    assert_eq!(parse_meminfo("MemFree: 1 kB\n"), None);
}

#[test]
fn only_numbered_devices_are_gpus() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["nvidia0", "nvidia11", "nvidiactl", "nvidia-uvm", "null"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    assert_eq!(count_gpus(folder.path()), 2);
    assert_eq!(count_gpus(&folder.path().join("absent")), 0);
}
