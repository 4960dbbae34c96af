//! Whose socket it is, as the kernel says.

use std::path::Path;

/// Whether a process has a UDP socket bound to an IPv4 port.
pub fn is_owned_by(pid: u32, port: u16) -> bool {
    let Ok(table) = std::fs::read_to_string("/proc/net/udp") else { return false };
    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
    let inodes: Vec<&str> = table
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let local = fields.get(1)?.rsplit_once(':')?.1;
            (u16::from_str_radix(local, 16) == Ok(port)).then(|| fields.get(9).copied())?
        })
        .collect();
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    open.flatten()
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .any(|target| inodes.iter().any(|inode| target == Path::new(&format!("socket:[{inode}]"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_our_own_socket_from_another_process_s() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert!(is_owned_by(std::process::id(), port));
        assert!(!is_owned_by(1, port));
        drop(socket);
        assert!(!is_owned_by(std::process::id(), port));
    }
}
