//! An app's user calls a staff member by object id; both speak and hear; one records, after telling the other.

mod house;

use std::time::Duration;

use house::{House, connect};
use liaison_engine::{CallDirection, EndReason, Event, RecordingState};
use liaison_sim::speech::{DelayOptions, Recording, likeness, measure_delays};

#[test]
fn first_call() {
    let house = House::open();
    let app_user = house.app_user();
    let mut staff = house.phone("staff", &house.staff, "staff");
    let mut kiosk = house.phone("kiosk", &app_user, "kiosk");

    let (outgoing, incoming) = connect(&house, &mut kiosk, &mut staff);
    let seen_by_staff = incoming.snapshot().unwrap();
    assert_eq!(seen_by_staff.direction, CallDirection::Incoming);
    assert_eq!(seen_by_staff.remote, app_user.raw_id, "who calls is told by the service");

    // The staff member wants to record: nothing is written before the kiosk has shown the notice.
    let file = house.file("heard-by-staff.wav");
    let recording = incoming.record_to(file.clone()).unwrap();
    kiosk.wait("the notice", |event| match event {
        Event::NoticeRequired { by, .. } => Some(assert_eq!(*by, house.staff.raw_id)),
        _ => None,
    });
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(
        incoming.snapshot().unwrap().statistics.first_recorded_us,
        0,
        "recorded before the notice was shown"
    );
    outgoing.notice_shown().unwrap();
    staff
        .wait("the recording", |event| match event {
            Event::OperationDone { operation, result } if *operation == recording => Some(result.clone()),
            _ => None,
        })
        .unwrap();
    for (phone, call) in [(&mut staff, &incoming), (&mut kiosk, &outgoing)] {
        phone.wait("the recording's state", |event| match event {
            Event::Recording { call: at, state: RecordingState::Active, .. } if *at == call.handle() => {
                Some(())
            }
            _ => None,
        });
    }
    std::thread::sleep(Duration::from_secs(6));

    outgoing.hang_up().unwrap();
    assert_eq!(kiosk.ended(&outgoing), EndReason::HUNG_UP);
    assert_eq!(staff.ended(&incoming), EndReason::HUNG_UP);

    let (sent, heard) = (outgoing.snapshot().unwrap().statistics, incoming.snapshot().unwrap().statistics);
    assert!(sent.setup.is_some() && heard.first_audio.is_some());
    assert!(heard.packets_received > 250, "{}", heard.packets_received);
    assert_eq!(heard.packets_lost, 0);
    // Dropping the engine completes the file.
    drop(staff);
    let heard = Recording::read_wav(&file, i64::try_from(heard.first_recorded_us).unwrap()).unwrap();
    assert!(heard.length() > Duration::from_secs(5), "{:?}", heard.length());
    let said =
        Recording::read_wav(&house::speech_file("kiosk"), i64::try_from(sent.first_captured_us).unwrap())
            .unwrap();
    let said = said.between(heard.start_us, heard.end_us() - 600_000);
    let delays = measure_delays(&said, &heard, &DelayOptions::default());
    assert!(delays.matched() > 0.9, "{} of {} half seconds found", delays.windows.len(), delays.spoken);
    let alike = likeness(&said, &heard, &delays);
    assert!(alike > 0.8, "what was heard is only {alike:.2} like what was said");
    let p95 = delays.percentile_ms(0.95).unwrap();
    assert!((5.0..400.0).contains(&p95), "from mouth to ear in {p95} ms");
    println!(
        "mouth to ear: p50 {:.1} ms, p95 {p95:.1} ms; {alike:.2} alike",
        delays.percentile_ms(0.5).unwrap()
    );
}
