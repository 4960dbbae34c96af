//! As much of HTTP as a page of ours on this machine needs: one request a connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// The most that is taken: minutes of samples.
const MAX_BODY: usize = 256 << 20;

/// Listens on a free port of this machine alone.
pub struct Server(TcpListener);

/// A request whose answer is awaited.
pub struct Request {
    pub path: String,
    pub body: Vec<u8>,
    stream: TcpStream,
}

impl Server {
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port for the page")?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.0.local_addr()?)
    }

    /// The next request, if there is one now.
    pub fn next(&self) -> Result<Option<Request>> {
        match self.0.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(Duration::from_secs(10)))?;
                // A browser opens connections ahead and says nothing on them.
                Ok(read(stream).ok())
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn read(stream: TcpStream) -> Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).context("no path")?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    if length > MAX_BODY {
        bail!("{length} bytes are too many");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request { path, body, stream: reader.into_inner() })
}

impl Request {
    /// Answers it. What the page no longer waits for is no error.
    pub fn answer(mut self, kind: &str, body: &[u8]) {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = self.stream.write_all(head.as_bytes()).and_then(|()| self.stream.write_all(body));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_body_and_gives_one() {
        let server = Server::start().unwrap();
        let address = server.address().unwrap();
        let client = std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"POST /say HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\n\r\nhello").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        let request = loop {
            if let Some(request) = server.next().unwrap() {
                break request;
            }
        };
        assert_eq!((request.path.as_str(), request.body.as_slice()), ("/say", &b"hello"[..]));
        request.answer("text/plain", b"yes");
        let answer = client.join().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nyes"), "{answer}");
    }
}
