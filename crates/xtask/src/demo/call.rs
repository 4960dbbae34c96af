//! The call itself: two processes, the relay between them, and two seconds without packets.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use liaison_sim::packet::payload_openings;
use liaison_sim::{Direction, Relay, RelayConfig, RelayCounts};

use super::build::Programs;
use super::end::End;
use super::service::{Service, World};
use super::{clock, end, socket};
use crate::child::{Line, Process, Usage};
use crate::place;

/// When the packets are stopped, after the kiosk began to speak: both are in the middle of a sentence.
const STOP_AFTER: Duration = Duration::from_secs(12);
/// How long they are stopped. Less than the 3 s after which a call is reported as reconnecting.
const STOP_FOR: Duration = Duration::from_secs(2);
/// Processor time is measured from here on, after the kiosk began to speak.
const MEASURE_FROM: Duration = Duration::from_secs(1);
/// And until here, shortly before its last words.
const MEASURE_UNTIL: Duration = Duration::from_secs(24);

/// What came out of the call. The kiosk is the relay's end A, the staff member its end B.
#[derive(Debug)]
pub struct Call {
    /// The kiosk, then the staff member.
    pub ends: [End; 2],
    /// What each of them printed, and what the relay saw: time [µs], place, text.
    pub moments: Vec<(i64, &'static str, String)>,
    /// When the kiosk had signed in and began to call [µs].
    pub zero_us: i64,
    /// When the packets were stopped, and when they were let through again [µs].
    pub stop_us: (i64, i64),
    /// What the relay counted.
    pub packets: RelayCounts,
    /// Different first payload bytes of the SRTP packets, from A and from B.
    pub openings: [usize; 2],
    /// Whether each process holds the media socket it was told to bind, as the kernel says.
    pub sockets_owned: [bool; 2],
    /// What the service used during the call.
    pub service: Option<(Usage, Usage)>,
}

/// A loopback address with a port that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).context("no free UDP port")
}

/// Makes the call.
pub fn run(programs: &Programs, service: &Service, world: &World, out: &Path) -> Result<Call> {
    let speech = place::root().join("tests/data/speech");
    let said = [speech.join("kiosk.wav"), speech.join("staff.wav")];
    let heard = [out.join("heard-by-kiosk.wav"), out.join("heard-by-staff.wav")];
    let figures = out.join("staff.json");
    for old in heard.iter().chain([&figures]) {
        let _ = std::fs::remove_file(old);
    }
    let addresses = [free_address()?, free_address()?];
    let relay =
        Relay::start(RelayConfig { a: Some(addresses[0]), b: Some(addresses[1]), ..RelayConfig::loopback() })
            .context("the relay cannot start")?;

    let staff = Process::start(
        "staff member",
        Command::new(&programs.liaison)
            .args(["answer", "--once", "--display-name", "Front desk", "--endpoint", &service.endpoint])
            .arg("--token-file")
            .arg(&world.staff_token)
            .arg("--ca")
            .arg(service.ca())
            .arg("--in")
            .arg(&said[1])
            .arg("--out")
            .arg(&heard[1])
            .arg("--report")
            .arg(&figures)
            .args([
                "--media-bind",
                &addresses[1].to_string(),
                "--media-advertise",
                &relay.face_b().to_string(),
            ]),
    )?;
    staff.wait_for("its line that it waits", Duration::from_secs(20), |line| {
        line.text.contains("waiting for calls").then_some(())
    })?;
    println!("staff member waits (process {})", staff.pid());

    let kiosk = Process::start(
        "kiosk",
        Command::new(&programs.kiosk)
            .arg(&service.endpoint)
            .arg(service.ca())
            .arg(&world.kiosk_token)
            .arg(&world.staff)
            .args([&said[0], &heard[0]])
            .args([
                "--media-bind",
                &addresses[0].to_string(),
                "--media-advertise",
                &relay.face_a().to_string(),
            ]),
    )?;
    println!("kiosk, {}, calls (process {})", world.kiosk, kiosk.pid());
    let zero = kiosk.wait_for("its sign-in", Duration::from_secs(20), |line| {
        said_by_kiosk(line).is_some_and(|text| text.starts_with("signed in")).then_some(line.at)
    })?;
    let speaking =
        kiosk.wait_for("the recording that everybody knows of", Duration::from_secs(20), |line| {
            (said_by_kiosk(line) == Some("recording")).then_some(line.at)
        })?;

    let pace = Pace { bar: bar(), speaking, ends: [&kiosk, &staff] };
    pace.until(MEASURE_FROM)?;
    let before = [kiosk.usage(), staff.usage(), service.usage()];
    pace.until(STOP_AFTER)?;
    relay.pause();
    let stop_from = clock::now_us()?;
    pace.bar.set_message("no packets pass");
    pace.until(STOP_AFTER + STOP_FOR)?;
    relay.resume();
    let stop_us = (stop_from, clock::now_us()?);
    pace.bar.set_message("both speak");
    let sockets_owned = [
        socket::is_owned_by(kiosk.pid(), addresses[0].port()),
        socket::is_owned_by(staff.pid(), addresses[1].port()),
    ];
    pace.until(MEASURE_UNTIL)?;
    let after = [kiosk.usage(), staff.usage(), service.usage()];
    pace.bar.finish_and_clear();

    let status = kiosk.wait(Duration::from_secs(20))?;
    if !status.success() {
        bail!("the kiosk ended with {status}:\n{}", text_of(&kiosk));
    }
    let status = staff.wait(Duration::from_secs(15))?;
    if !status.success() {
        bail!("the staff member's end ended with {status}:\n{}", text_of(&staff));
    }
    let file = std::fs::File::create(out.join("call.pcap")).context("cannot write call.pcap")?;
    relay.write_pcap(std::io::BufWriter::new(file)).context("cannot write call.pcap")?;

    let used = |index: usize| before[index].zip(after[index]);
    let ends = [
        end::kiosk(&kiosk, [&said[0], &heard[0]], used(0))?,
        end::staff(&staff, [&said[1], &heard[1]], &figures, used(1))?,
    ];
    Ok(Call {
        ends,
        moments: moments(&kiosk, &staff, &relay, stop_us)?,
        zero_us: clock::at_us(zero)?,
        stop_us,
        packets: relay.counts(),
        openings: openings(&relay),
        sockets_owned,
        service: used(2),
    })
}

/// What the kiosk says in a line: `    123.4 ms  text`.
pub fn said_by_kiosk(line: &Line) -> Option<&str> {
    let (time, text) = line.text.split_once(" ms  ")?;
    time.trim().parse::<f64>().ok().map(|_| text.trim())
}

fn text_of(process: &Process) -> String {
    process.all().into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(MEASURE_UNTIL.as_secs());
    if let Ok(style) = ProgressStyle::with_template("call {bar:40} {pos}/{len} s  {msg}") {
        bar.set_style(style);
    }
    bar.set_message("both speak");
    if bar.is_hidden() {
        println!("both speak, for about {} s", MEASURE_UNTIL.as_secs());
    }
    bar
}

/// Waits for moments of the call, and notices when an end does not live to see them.
struct Pace<'a> {
    bar: ProgressBar,
    speaking: Instant,
    ends: [&'a Process; 2],
}

impl Pace<'_> {
    fn until(&self, moment: Duration) -> Result<()> {
        loop {
            let passed = self.speaking.elapsed();
            self.bar.set_position(passed.as_secs());
            if passed >= moment {
                return Ok(());
            }
            for process in self.ends {
                if !process.is_running()? {
                    self.bar.finish_and_clear();
                    bail!("the {} ended in the middle of the call:\n{}", process.name(), text_of(process));
                }
            }
            std::thread::sleep((moment - passed).min(Duration::from_millis(100)));
        }
    }
}

fn openings(relay: &Relay) -> [usize; 2] {
    let captured = relay.captured();
    [Direction::AToB, Direction::BToA].map(|direction| {
        payload_openings(captured.iter().filter(|p| p.direction == direction).map(|p| p.bytes.as_slice()))
    })
}

fn moments(
    kiosk: &Process,
    staff: &Process,
    relay: &Relay,
    stop_us: (i64, i64),
) -> Result<Vec<(i64, &'static str, String)>> {
    let mut moments = vec![
        (stop_us.0, "relay", "no packet passes any more".to_owned()),
        (stop_us.1, "relay", "packets pass again".to_owned()),
    ];
    for line in kiosk.all() {
        if let Some(text) = said_by_kiosk(&line) {
            moments.push((clock::at_us(line.at)?, "kiosk", text.to_owned()));
        }
    }
    for line in staff.all() {
        // `+1.234 s text`
        if let Some((_, text)) = line.text.split_once(" s ").filter(|(time, _)| time.starts_with('+')) {
            moments.push((clock::at_us(line.at)?, "staff", text.to_owned()));
        }
    }
    let packets = relay.counts();
    for (who, counts) in [("the kiosk's", &packets.a_to_b), ("the staff member's", &packets.b_to_a)] {
        for (what, at) in [
            ("connectivity check", counts.first_stun),
            ("DTLS handshake record", counts.first_dtls),
            ("SRTP packet", counts.first_srtp),
        ] {
            if let Some(at) = at {
                moments.push((clock::at_us(at)?, "relay", format!("{who} first {what}")));
            }
        }
    }
    moments.sort_by_key(|moment| moment.0);
    Ok(moments)
}
