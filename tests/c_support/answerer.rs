//! Somebody who answers every call, so that the C programs have somebody to talk to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use liaison_engine::{
    AudioConfig, CallState, CaptureSource, ConnectionState, Engine, EngineConfig, Event, PlayoutSink,
};

use super::service::Service;

/// Signed in until it is dropped.
pub struct Answerer {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

impl Answerer {
    /// Signs in with the token in a file; returns once calls can come. It says a tone and hangs up `after` being
    /// connected, if it shall.
    pub fn new(service: &Service, token: &Path, after: Option<Duration>) -> Self {
        let mut config = EngineConfig::new(&service.endpoint);
        config.ca_pem = Some(std::fs::read_to_string(&service.ca).unwrap());
        config.display_name = "Ada".to_owned();
        config.audio = AudioConfig::Managed {
            capture: CaptureSource::Tone { hz: 880.0 },
            playout: PlayoutSink::Discard,
        };
        config.media_bind = vec!["127.0.0.1:0".parse().unwrap()];
        let engine = Engine::new(config).unwrap();
        engine.sign_in(std::fs::read_to_string(token).unwrap().trim()).unwrap();
        loop {
            match engine.wait_event(Duration::from_secs(20)).expect("the answerer could not sign in") {
                Event::ConnectionState { state: ConnectionState::Connected, .. } => break,
                Event::OperationDone { result: Err(error), .. } => panic!("the answerer: {error}"),
                _ => {}
            }
        }
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let thread = std::thread::spawn({
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            move || answer(&engine, &stop, &answered, after)
        });
        Self { stop, answered, thread: Some(thread) }
    }

    /// How many calls were connected.
    pub fn answered(&self) -> u32 {
        self.answered.load(Ordering::SeqCst)
    }
}

fn answer(engine: &Engine, stop: &AtomicBool, answered: &AtomicU32, after: Option<Duration>) {
    let agent = engine.call_agent();
    let mut talking = None;
    while !stop.load(Ordering::SeqCst) {
        match engine.wait_event(Duration::from_millis(50)) {
            Some(Event::IncomingCall { call, .. }) => {
                // It may have been cancelled already.
                let _ = agent.incoming_call(call).and_then(|incoming| incoming.accept());
            }
            Some(Event::NoticeRequired { call, .. }) => {
                let _ = agent.call(call).and_then(|call| call.notice_shown());
            }
            Some(Event::CallState { call, state: CallState::Connected, .. }) => {
                answered.fetch_add(1, Ordering::SeqCst);
                talking = Some((call, Instant::now()));
            }
            _ => {}
        }
        if let (Some((call, since)), Some(after)) = (talking, after)
            && since.elapsed() > after
        {
            talking = None;
            let _ = agent.call(call).and_then(|call| call.hang_up());
        }
    }
}

impl Drop for Answerer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
