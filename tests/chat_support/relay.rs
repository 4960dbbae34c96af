//! A relay between engine and service that can be cut, or made to swallow what the service answers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Everything passes.
    Open,
    /// Nobody gets through.
    Cut,
    /// What the app says passes, what the service says does not.
    Deaf,
}

struct State {
    mode: Mode,
    streams: Vec<TcpStream>,
}

pub struct Relay {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Relay {
    /// Relays to a port of this machine.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { mode: Mode::Open, streams: Vec::new() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(("127.0.0.1", port));
                let mut state = shared.lock().unwrap();
                match far {
                    Ok(far) if state.mode != Mode::Cut => {
                        pump(near.try_clone().unwrap(), far.try_clone().unwrap(), None);
                        pump(far.try_clone().unwrap(), near.try_clone().unwrap(), Some(Arc::clone(&shared)));
                        state.streams.extend([near, far]);
                    }
                    // Dropped: the app sees it close.
                    _ => {}
                }
            }
        });
        Self { port: own, state }
    }

    pub fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// From now on; cutting ends the connections there are.
    pub fn set(&self, mode: Mode) {
        let mut state = self.state.lock().unwrap();
        state.mode = mode;
        if mode == Mode::Cut {
            for stream in state.streams.drain(..) {
                // It may be closed already.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

/// Passes on what comes, on a thread; with a state, only while nobody is to be deaf.
fn pump(mut from: TcpStream, mut to: TcpStream, heard: Option<Arc<Mutex<State>>>) {
    std::thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let deaf = heard.as_ref().is_some_and(|state| state.lock().unwrap().mode == Mode::Deaf);
            if !deaf && to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
