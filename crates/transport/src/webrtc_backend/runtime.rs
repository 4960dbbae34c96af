//! The runtime that the library's driver runs on: tokio, with our sockets, and with word of the driver's end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime, TokioRuntime,
};

use crate::connection::{ConnectionEvent, Events};
use crate::wire::{Wire, WireSocket};

/// The driver waits for names to be resolved: a dead name server must not hold up its packets for long.
const RESOLVE: Duration = Duration::from_millis(1500);

#[derive(Debug)]
pub(super) struct DriverRuntime {
    handle: Handle,
    tokio: TokioRuntime,
    wire: Arc<Wire>,
    events: Events,
    #[cfg(test)]
    pub(super) drivers: Arc<std::sync::Mutex<Vec<tokio::task::AbortHandle>>>,
}

impl DriverRuntime {
    pub(super) fn new(handle: Handle, wire: Arc<Wire>, events: Events) -> Self {
        Self {
            handle,
            tokio: TokioRuntime,
            wire,
            events,
            #[cfg(test)]
            drivers: Arc::default(),
        }
    }
}

/// Tells that the driver is gone, however it ended: by an error, a panic, or because it was aborted.
struct Ended(Events);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.send(ConnectionEvent::Died);
    }
}

struct Spawned(tokio::task::JoinHandle<()>);

impl JoinHandle for Spawned {
    fn detach(&self) {}

    fn abort(&self) {
        self.0.abort();
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "media goes over UDP only")
}

impl Runtime for DriverRuntime {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        // Without TCP candidates the driver is all that is ever spawned.
        let ended = Ended(self.events.clone());
        let driver = self.handle.spawn(async move {
            let _ended = ended;
            future.await;
        });
        #[cfg(test)]
        self.drivers.lock().expect("no test panics here").push(driver.abort_handle());
        Box::new(Spawned(driver))
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        Ok(Arc::new(WireSocket::new(socket, Arc::clone(&self.wire))?))
    }

    fn wrap_tcp_listener(&self, _: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        Err(unsupported())
    }

    fn connect_tcp<'a>(
        &'a self,
        _: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        Box::pin(async { Err(unsupported()) })
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        Box::pin(async move {
            let found = tokio::time::timeout(RESOLVE, tokio::net::lookup_host(host)).await;
            found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?.map(Iterator::collect)
        })
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.tokio.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.handle.block_on(future);
    }

    fn name(&self) -> &'static str {
        "liaison"
    }
}
