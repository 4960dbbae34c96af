//! One end of a loopback: a process with one engine and nothing else, so that what it uses is what an end uses.

use super::figures::{Figures, Order, Sound, Word};
use super::pump::Pump;
use crate::exit::Failure;
use crate::output;
use crate::process;
use liaison_engine::{
    AudioConfig, AudioSending, Call, CallState, CaptureSource, Channels, Engine, EngineConfig, Event,
    MediaState, OperationError, PlayoutSink, ProcessingConfig,
};
use std::io::BufRead as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often it is looked whether everything was played. Seldom: what wakes here is counted as the engine's.
const TICK: Duration = Duration::from_millis(200);
/// How long hanging up may take.
const GOODBYE: Duration = Duration::from_secs(3);

/// Does what standard input says, until that ends.
pub fn run() -> Result<(), Failure> {
    let outcome = read_order().and_then(|(order, over)| follow(&order, &over));
    if let Err(failure) = &outcome {
        output::json(&Word::Failed { text: failure.to_string() })?;
    }
    outcome
}

/// The order, and whether the input has ended since.
fn read_order() -> Result<(Order, Arc<AtomicBool>), Failure> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    let order = read.map_err(|error| error.to_string()).and_then(|_| {
        serde_json::from_str(&line).map_err(|error| format!("{error}: this is for `liaison doctor loopback`"))
    });
    let order = order.map_err(|text| Failure::Usage(format!("no order on standard input: {text}")))?;
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    std::thread::spawn(move || {
        // Whatever comes is not looked at: only the end is.
        let mut rest = String::new();
        while std::io::stdin().lock().read_line(&mut rest).is_ok_and(|read| read > 0) {
            rest.clear();
        }
        seen.store(true, Ordering::Release);
    });
    Ok((order, over))
}

fn follow(order: &Order, over: &AtomicBool) -> Result<(), Failure> {
    let mut config = EngineConfig::new(order.endpoint.clone());
    let ca = std::fs::read_to_string(&order.ca);
    config.ca_pem = Some(ca.map_err(|error| Failure::reading("CA file", &order.ca, error, ""))?);
    config.media_bind = vec![([127, 0, 0, 1], 0).into()];
    config.media_advertise = Some(order.media_advertise);
    config.audio = match &order.sound {
        Sound::Push(_) | Sound::Pull(_) => AudioConfig::External,
        Sound::Devices { microphone, speaker } => AudioConfig::Managed {
            capture: microphone.clone().map_or(CaptureSource::Silence, CaptureSource::Named),
            playout: speaker.clone().map_or(PlayoutSink::Discard, PlayoutSink::Named),
        },
    };
    config.channels = if order.sending.stereo { Channels::Stereo } else { Channels::Mono };
    config.audio_sending = AudioSending {
        bitrate_bps: order.sending.bitrate_bps,
        packet_time_us: order.sending.packet_time_us,
        in_band_redundancy_only: order.sending.in_band_only,
    };
    config.processing = if order.processing { ProcessingConfig::ON } else { ProcessingConfig::OFF };
    config.log_hook = Some(Arc::new(|level, text| eprintln!("{level:?} {text}")));
    let engine = Engine::new(config).map_err(|error| Failure::Other(error.to_string()))?;
    engine.sign_in(&order.token).map_err(|error| Failure::Token(error.to_string()))?;
    let mut end = End {
        order,
        engine,
        call: None,
        pump: None,
        speaker: None,
        until: None,
        connected: false,
        played: false,
        ended: false,
    };
    let mut hung_up: Option<Instant> = None;
    while !end.ended && hung_up.is_none_or(|at| at.elapsed() < GOODBYE) {
        if let Some(event) = end.engine.wait_event(TICK) {
            end.event(event)?;
        }
        if !end.played && end.has_played() {
            end.played = true;
            output::json(&Word::Played)?;
        }
        if over.load(Ordering::Acquire) && hung_up.is_none() {
            hung_up = Some(Instant::now());
            // The files are whole before anybody reads them.
            end.pump = None;
            match &end.call {
                // Both sides hang up at the same time: one of them finds the call ended.
                Some(call) => drop(call.hang_up()),
                None => end.ended = true,
            }
        }
    }
    if end.ended && hung_up.is_none() {
        return Err(Failure::Other("the call ended before it was measured".to_owned()));
    }
    Ok(())
}

struct End<'a> {
    order: &'a Order,
    engine: Engine,
    call: Option<Call>,
    pump: Option<Pump>,
    /// Who plays while something is pushed and processed.
    speaker: Option<Pump>,
    /// When the time of devices is over.
    until: Option<Instant>,
    connected: bool,
    played: bool,
    ended: bool,
}

impl End<'_> {
    fn event(&mut self, event: Event) -> Result<(), Failure> {
        let other = |text: String| Failure::Other(text);
        match event {
            Event::OperationDone { result, .. } if self.call.is_none() => {
                result.map_err(|error: OperationError| other(format!("signing in: {error}")))?;
                match &self.order.call {
                    Some(to) => {
                        let call = self.engine.call_agent().start_call(to);
                        self.call = Some(call.map_err(|error| other(error.to_string()))?);
                    }
                    None => output::json(&Word::Ready)?,
                }
            }
            Event::IncomingCall { call, .. } => {
                let accepted = self.engine.call_agent().incoming_call(call).and_then(|call| call.accept());
                self.call = Some(accepted.map_err(|error| other(error.to_string()))?.0);
            }
            Event::Media { state: MediaState::Connected, .. } => self.connected()?,
            Event::MediaProblem { text, .. } => return Err(other(text)),
            Event::Statistics { statistics, .. } => self.say(Figures::of(&statistics))?,
            Event::CallState { state: CallState::Disconnected, .. } => self.ended = true,
            Event::Poisoned => return Err(other("the engine stopped after an internal error".to_owned())),
            _ => {}
        }
        Ok(())
    }

    fn connected(&mut self) -> Result<(), Failure> {
        if std::mem::replace(&mut self.connected, true) {
            return Ok(());
        }
        let length = Duration::from_millis(self.order.length_ms);
        let lead = Duration::from_millis(self.order.lead_ms);
        let port = || {
            let port = self.engine.audio_port().cloned();
            port.ok_or_else(|| Failure::Other("the engine has no audio port".to_owned()))
        };
        let pump = match &self.order.sound {
            Sound::Push(path) => Some(Pump::push(port()?, path, lead, length)),
            Sound::Pull(path) => Some(Pump::pull(port()?, path)),
            Sound::Devices { .. } => {
                self.until = Some(Instant::now() + lead + length);
                None
            }
        };
        if self.order.processing && matches!(self.order.sound, Sound::Push(_)) {
            self.speaker =
                Pump::play(port()?).map(Some).map_err(|error| Failure::Other(error.to_string()))?;
        }
        self.pump =
            pump.transpose().map_err(|error| Failure::Other(format!("the samples' files: {error}")))?;
        output::json(&Word::Connected)
    }

    fn has_played(&self) -> bool {
        self.pump.as_ref().is_some_and(Pump::played) || self.until.is_some_and(|at| Instant::now() >= at)
    }

    fn say(&self, mut figures: Figures) -> Result<(), Failure> {
        figures.us = process::monotonic_us();
        figures.cpu_us = process::cpu_time().map_or(0, |time| time.as_micros() as u64);
        figures.pump_cpu_us = [&self.pump, &self.speaker].into_iter().flatten().map(Pump::cpu_us).sum();
        figures.peak_rss_kib = process::peak_rss_kib().unwrap_or_default();
        output::json(&Word::Figures(Box::new(figures)))
    }
}
