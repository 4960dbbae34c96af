//! A doorbell in Rust: it calls one person through the machine's microphone and speaker until one of the two hangs up.
//!
//! ```text
//! cargo run --example doorbell -- https://localhost:8443 DIR/ca.pem TOKEN-FILE 8:orgid:OBJECT-ID
//! ```
//! The token file holds what your backend gave (examples/token-backend).

use std::error::Error;
use std::time::Duration;

use liaison_engine::{
    AudioConfig, CallState, CaptureSource, ConnectionState, Engine, EngineConfig, Event, PlayoutSink,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, ca, token, callee] = arguments.as_slice() else {
        return Err("usage: doorbell ENDPOINT CA.PEM TOKEN-FILE RAW-ID".into());
    };
    let mut config = EngineConfig::new(endpoint.as_str());
    config.ca_pem = Some(std::fs::read_to_string(ca)?);
    config.display_name = "Front door".to_owned();
    config.audio = AudioConfig::Managed { capture: CaptureSource::Default, playout: PlayoutSink::Default };
    let engine = Engine::new(config)?;
    engine.sign_in(std::fs::read_to_string(token)?.trim())?;

    let mut call = None;
    loop {
        match engine.wait_event(Duration::from_secs(1)) {
            Some(Event::ConnectionState { state: ConnectionState::Connected, .. }) if call.is_none() => {
                call = Some(engine.call_agent().start_call(callee)?);
            }
            // How a command went; here, the sign-in.
            Some(Event::OperationDone { result, .. }) => result?,
            Some(Event::NoticeRequired { by, .. }) => {
                println!("{by} would like to record this call.");
                if let Some(call) = &call {
                    call.notice_shown()?;
                }
            }
            // Ask your backend for another token here, and hand it over with `engine.set_token`.
            Some(Event::TokenExpiring { remaining }) => {
                println!("the token ends in {} s", remaining.as_secs())
            }
            Some(Event::CallState { state: CallState::Disconnected, reason, .. }) => {
                println!("over: {}", reason.map(|reason| reason.to_string()).unwrap_or_default());
                return Ok(());
            }
            Some(Event::CallState { state, .. }) => println!("{state:?}"),
            Some(Event::Device { text, .. }) => println!("{text}"),
            Some(Event::Poisoned) => return Err("the engine stopped after an internal error".into()),
            _ => {}
        }
    }
}
