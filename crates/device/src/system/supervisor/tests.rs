use std::sync::Mutex;

use super::*;
use crate::open::DeviceInfo;
use crate::ring::{Current as Ring, StreamState};

/// Devices that can be pulled out and plugged in; the first is the default.
#[derive(Default)]
struct Sockets {
    plugged: Mutex<Vec<&'static str>>,
    trouble: Mutex<Option<Trouble>>,
}

/// A stream on one of the sockets, its routes as they were told.
struct Rig {
    sockets: Arc<Sockets>,
    status: Arc<Status>,
    ring: Ring<String>,
    events: Sender<Event<String>>,
    routes: Receiver<crate::RouteChange>,
    supervisor: Supervisor,
}

fn open_socket(
    sockets: &Arc<Sockets>,
    wanted: Option<&str>,
    status: &Arc<Status>,
) -> Result<(String, Starting<String>), DeviceError> {
    let sockets = Arc::clone(sockets);
    let wanted = wanted.map(str::to_owned);
    open(Direction::Playout, wanted, Arc::clone(status), move |wanted, trouble| {
        let plugged = sockets.plugged.lock().unwrap();
        let found = match wanted {
            Some(wanted) => plugged.iter().find(|id| **id == wanted),
            None => plugged.first(),
        };
        let id = *found.ok_or_else(|| DeviceError::Unavailable("not plugged in".to_owned()))?;
        *sockets.trouble.lock().unwrap() = Some(trouble);
        let device = DeviceName { id: id.to_owned(), name: id.to_uppercase() };
        let life = Arc::new(Life::default());
        life.called();
        Ok(Opened { stream: (), link: id.to_owned(), device, life })
    })
}

impl Rig {
    fn open(plugged: &[&'static str], wanted: Option<&str>) -> Self {
        let (sockets, status) = (Arc::new(Sockets::default()), Arc::new(Status::new()));
        *sockets.plugged.lock().unwrap() = plugged.to_vec();
        let (tell, routes) = mpsc::channel();
        status.set_route_hook(Box::new(move |change| drop(tell.send(change))));
        let (link, starting) = open_socket(&sockets, wanted, &status).unwrap();
        let (ring, handover) = Ring::new(link);
        let events = starting.events.clone();
        Self { sockets, status, ring, events, routes, supervisor: starting.supervise(handover) }
    }

    fn plug(&self, plugged: &[&'static str]) {
        *self.sockets.plugged.lock().unwrap() = plugged.to_vec();
    }

    fn unplug_in_use(&self) {
        let gone = cpal::Error::with_message(cpal::ErrorKind::DeviceNotAvailable, "unplugged");
        self.sockets.trouble.lock().unwrap().take().unwrap().report(&gone);
    }

    fn list(&self, ids: &[&str]) {
        let info = |(n, id): (usize, &&str)| DeviceInfo {
            id: (*id).to_owned(),
            name: id.to_uppercase(),
            direction: Direction::Playout,
            is_default: n == 0,
        };
        self.events.send(Event::Listed(ids.iter().enumerate().map(info).collect())).unwrap();
    }

    /// The next change of route, which the ring has followed: from, to, cause.
    fn route(&mut self) -> (String, String, RouteCause) {
        let change = self.routes.recv_timeout(Duration::from_secs(5)).expect("a change of route");
        let id = |device: Option<DeviceName>| device.map_or_else(|| "-".to_owned(), |device| device.id);
        assert_eq!(self.status.device(), change.to);
        if let Some(to) = &change.to {
            assert!(self.ring.refresh(), "the media thread gets a new ring");
            assert_eq!(*self.ring.link, to.id);
            assert_ne!(self.status.state(), StreamState::Lost);
        }
        (id(change.from), id(change.to), change.cause)
    }
}

fn told(from: &str, to: &str, cause: RouteCause) -> (String, String, RouteCause) {
    (from.to_owned(), to.to_owned(), cause)
}

#[test]
fn a_device_that_is_not_there_is_an_error_at_once() {
    let status = Arc::new(Status::new());
    let result = open_socket(&Arc::new(Sockets::default()), None, &status);
    assert!(matches!(result, Err(DeviceError::Unavailable(_))));
}

#[test]
fn a_lost_device_is_opened_again_when_it_is_back() {
    let mut rig = Rig::open(&["a"], None);
    rig.plug(&[]);
    rig.unplug_in_use();
    assert_eq!(rig.route(), told("a", "-", RouteCause::Lost));
    assert_eq!(rig.status.state(), StreamState::Lost);
    assert!(rig.status.error().unwrap().to_string().contains("unplugged"));
    rig.plug(&["a"]);
    assert_eq!(rig.route(), told("-", "a", RouteCause::Returned));
    assert_eq!(rig.status.error(), None);
}

#[test]
fn the_default_takes_the_place_of_a_lost_device_until_the_chosen_one_returns() {
    let mut rig = Rig::open(&["a", "b"], Some("b"));
    rig.plug(&["a"]);
    rig.unplug_in_use();
    assert_eq!(rig.route(), told("b", "a", RouteCause::Lost));
    // Another device is no reason to leave it, not even a new default.
    rig.plug(&["c", "a"]);
    rig.list(&["c", "a"]);
    rig.plug(&["c", "a", "b"]);
    rig.list(&["c", "a", "b"]);
    assert_eq!(rig.route(), told("a", "b", RouteCause::Returned));
}

#[test]
fn whoever_follows_the_default_goes_where_it_goes() {
    let mut rig = Rig::open(&["a", "b"], None);
    rig.list(&["a", "b"]);
    rig.list(&["b", "a"]);
    assert_eq!(rig.route(), told("a", "b", RouteCause::DefaultChanged));
}

#[test]
fn a_device_that_is_listed_no_more_is_lost_even_if_it_says_nothing() {
    let mut rig = Rig::open(&["a", "b"], Some("b"));
    // One that was never listed is no news: some systems do not list what they open by default.
    rig.list(&["a"]);
    rig.list(&["a", "b"]);
    rig.plug(&["a"]);
    rig.list(&["a"]);
    assert_eq!(rig.route(), told("b", "a", RouteCause::Lost));
    assert!(rig.routes.try_recv().is_err());
}

#[test]
fn a_list_that_comes_before_the_ring_is_in_use_counts() {
    let (sockets, status) = (Arc::new(Sockets::default()), Arc::new(Status::new()));
    *sockets.plugged.lock().unwrap() = vec!["a", "b"];
    let (tell, routes) = mpsc::channel();
    status.set_route_hook(Box::new(move |change: crate::RouteChange| drop(tell.send(change))));
    let (link, starting) = open_socket(&sockets, Some("b"), &status).unwrap();
    let events = starting.events.clone();
    let (ring, handover) = Ring::new(link);
    let supervisor = Supervisor {
        close: Box::new(|| ()),
        select: Box::new(|_, _| ()),
        closed: Mutex::new(starting.closed),
    };
    let mut rig = Rig { sockets, status, ring, events, routes, supervisor };
    rig.list(&["a", "b"]);
    rig.events.send(Event::Supervise(handover)).unwrap();
    rig.plug(&["a"]);
    rig.list(&["a"]);
    assert_eq!(rig.route(), told("b", "a", RouteCause::Lost));
    rig.events.send(Event::Close).unwrap();
}

#[test]
fn a_choice_is_made_and_one_that_cannot_be_leaves_all_as_it_was() {
    let mut rig = Rig::open(&["a", "b"], None);
    rig.supervisor.select(Some("b".to_owned())).unwrap();
    assert_eq!(rig.route(), told("a", "b", RouteCause::Selected));
    let error = rig.supervisor.select(Some("z".to_owned())).unwrap_err();
    assert!(error.to_string().contains("not plugged in"), "{error}");
    // What is in use already is chosen without a change, and its loss is noticed still.
    rig.supervisor.select(Some("b".to_owned())).unwrap();
    assert_eq!(rig.status.device().unwrap().id, "b");
    assert!(rig.routes.try_recv().is_err());
    rig.supervisor.select(None).unwrap();
    assert_eq!(rig.route(), told("b", "a", RouteCause::Selected));
    rig.plug(&["b"]);
    rig.unplug_in_use();
    assert_eq!(rig.route(), told("a", "b", RouteCause::Lost));
}

#[test]
fn the_troubles_of_a_stream_that_was_replaced_do_not_count() {
    let mut rig = Rig::open(&["a", "b"], None);
    let old = rig.sockets.trouble.lock().unwrap().take().unwrap();
    rig.supervisor.select(Some("b".to_owned())).unwrap();
    assert_eq!(rig.route(), told("a", "b", RouteCause::Selected));
    old.report(&cpal::Error::new(cpal::ErrorKind::DeviceNotAvailable));
    // Whatever is selected next comes after it.
    rig.supervisor.select(None).unwrap();
    assert_eq!(rig.route(), told("b", "a", RouteCause::Selected));
}

#[test]
fn news_and_glitches_do_not_end_a_stream() {
    let rig = Rig::open(&["a"], None);
    let trouble = rig.sockets.trouble.lock().unwrap().take().unwrap();
    trouble.report(&cpal::Error::new(cpal::ErrorKind::Xrun));
    trouble.report(&cpal::Error::new(cpal::ErrorKind::DeviceChanged));
    thread::sleep(Duration::from_millis(100));
    assert_ne!(rig.status.state(), StreamState::Lost);
    assert_eq!(rig.status.playout_stats().system_glitches, 1);
}
