//! How people are shown: one card for a person in lists, events, calls and lookups, and staff see app users as external.

use super::realtime::{event, listening};
use super::support::{User, path};
use crate::admin::{allow, mona};
use crate::harness::World;
use crate::phone::{Phone, offer};
use crate::push::PushClient;
use liaison_chat::link::EventPage;
use liaison_identity::RawId;
use liaison_server::ChatRates;
use liaison_server::admin::{Admin, TokenSubject};
use liaison_server::directory::UserChange;
use liaison_server::federation::{AcsUserLabel, FederationChange};
use liaison_signaling::{CallId, ToEndpoint, ToSwitchboard};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Raw ids with names.
type Cards = BTreeSet<(String, String)>;

/// Every name in a document with the raw id beside it, whatever the form calls them.
fn cards(value: &Value) -> Cards {
    let mut found = Cards::new();
    walk(value, &mut found);
    found
}

fn walk(value: &Value, found: &mut Cards) {
    match value {
        Value::Object(fields) => {
            let who = ["participantId", "rawId", "senderId", "sender"]
                .iter()
                .find_map(|key| fields.get(*key)?.as_str());
            let within = ["communicationIdentifier", "senderCommunicationIdentifier"]
                .iter()
                .find_map(|key| fields.get(*key)?.get("rawId")?.as_str());
            let name = ["displayName", "senderDisplayName"].iter().find_map(|key| fields.get(*key)?.as_str());
            if let Some(name) = name {
                found.insert((who.or(within).expect("whose name").to_owned(), name.to_owned()));
            }
            fields.values().for_each(|value| walk(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
        // Push has JSON within its JSON.
        Value::String(text) if text.starts_with(['{', '[']) => {
            let inner: Result<Value, _> = serde_json::from_str(&text.replace("%25", "%"));
            inner.iter().for_each(|value| walk(value, found));
        }
        _ => {}
    }
}

/// Somebody with everything by which they see others.
struct Seer {
    user: User,
    link: Phone,
    push: PushClient,
    phone: Phone,
}

impl Seer {
    async fn new(world: &World, user: User, device: u128) -> Self {
        let (link, _) = listening(world, &user, device).await;
        let push = PushClient::start(world, &user).await;
        let phone = Phone::registered(world, &user.token, device + 1).await;
        Self { user, link, push, phone }
    }

    /// What they are shown by each way, after that many events.
    async fn sees(&mut self, thread: &str, events: usize) -> BTreeMap<&'static str, Cards> {
        let mut seen: BTreeMap<&'static str, Cards> = BTreeMap::new();
        for _ in 0..events {
            let event = serde_json::to_value(event(&mut self.link).await).unwrap();
            seen.entry("event of the link").or_default().extend(cards(&event));
            seen.entry("event of the push").or_default().extend(cards(&self.push.told().await.body));
        }
        for (way, path) in [
            ("list of participants", format!("{thread}/participants")),
            ("list of messages", format!("{thread}/messages")),
            ("log of events", format!("/liaison/v1{thread}/events?after=0&limit=200")),
        ] {
            seen.insert(way, cards(&self.user.get(&path).await.1));
        }
        seen
    }

    /// Is called.
    async fn rung(&mut self) -> Cards {
        let (call, card) = self
            .phone
            .hear_until(|message| match message {
                ToEndpoint::Incoming { call, from, display_name, .. } => {
                    Some((*call, (from.to_string(), display_name.clone())))
                }
                _ => None,
            })
            .await;
        self.phone.tell(ToSwitchboard::Reject { call, busy: false }).await;
        Cards::from([card])
    }

    async fn calls(&mut self, call: u128, to: &str, display_name: &str) {
        let (to, display_name) = (RawId::new(to).unwrap(), display_name.to_owned());
        self.phone
            .tell(ToSwitchboard::Invite { call: CallId(call), to, display_name, description: offer() })
            .await;
    }
}

struct Stage {
    world: World,
    admin: Admin,
    reader: String,
    kiosk: Seer,
    mona: Seer,
}

impl Stage {
    async fn new() -> Self {
        let world = World::start_with(|limits| limits.chat_rates = ChatRates::unlimited()).await;
        let admin = world.admin().await;
        admin.create_tenant("contoso", None).await.unwrap();
        let staff = admin.add_user(mona("contoso")).await.unwrap();
        let change = FederationChange {
            label_for_allowed_acs_users: Some(AcsUserLabel::External),
            ..allow("default")
        };
        admin.set_federation("contoso", change).await.unwrap();
        let scopes = ["chat".to_owned(), "voip".to_owned()];
        let subject = TokenSubject::User { tenant: None, user: staff.object_id.clone() };
        let token = admin.issue_token(subject, &scopes, None).await.unwrap().token;
        let reader = TokenSubject::DirectoryReader { tenant: "contoso".to_owned() };
        let reader = admin.issue_token(reader, &[], None).await.unwrap().token;
        let mona = Seer::new(&world, User::of(&world, &staff.raw_id, &token), 10).await;
        let kiosk = Seer::new(&world, User::with(&world, &["chat", "voip"]).await, 20).await;
        Self { world, admin, reader, kiosk, mona }
    }

    async fn lookup(&self) -> Cards {
        let id = self.mona.user.raw_id.strip_prefix("8:orgid:").unwrap();
        let url = format!("{}/v1.0/users/{id}", self.world.endpoint());
        let request = self.world.http.request(Method::GET, url).bearer_auth(&self.reader);
        let found: Value =
            serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        Cards::from([(
            format!("8:orgid:{}", found["id"].as_str().unwrap()),
            found["displayName"].as_str().unwrap().to_owned(),
        )])
    }

    /// A thread of both in which each did something, under whatever names: its path.
    async fn talk(&self) -> String {
        let (kiosk, mona) = (&self.kiosk.user, &self.mona.user);
        let people = [kiosk.participant("Kiosk 7"), mona.participant("Somebody")];
        let (_, made) = kiosk.post("/chat/threads", json!({ "topic": "help", "participants": people })).await;
        let thread = path(made["chatThread"]["id"].as_str().unwrap());
        for (user, name) in [(kiosk, "Kiosk 7"), (mona, "The boss")] {
            let said = json!({ "content": "hello", "senderDisplayName": name });
            assert!(user.post(&format!("{thread}/messages"), said).await.0.is_success());
            let typing = json!({ "senderDisplayName": name });
            assert!(user.post(&format!("{thread}/typing"), typing).await.0.is_success());
            let topic = json!({ "topic": format!("by {name}") });
            assert!(user.patch(&thread, topic).await.0.is_success());
        }
        thread
    }
}

/// What happens in [`Stage::talk`].
const EVENTS: usize = 7;

#[tokio::test]
async fn list_event_call_and_lookup_show_a_person_with_one_card() {
    let mut stage = Stage::new().await;
    let thread = stage.talk().await;
    let (kiosk, mona) = (stage.kiosk.user.raw_id.clone(), stage.mona.user.raw_id.clone());
    let lookup = stage.lookup().await;

    let mut to_staff = stage.mona.sees(&thread, EVENTS).await;
    stage.kiosk.calls(1, &mona, "Kiosk 7").await;
    to_staff.insert("call", stage.mona.rung().await);
    to_staff.insert("lookup", lookup.clone());
    let mut to_app = stage.kiosk.sees(&thread, EVENTS).await;
    stage.mona.calls(2, &kiosk, "The boss").await;
    to_app.insert("call", stage.kiosk.rung().await);
    // Never for an app's user to ask for; what they see is the same.
    to_app.insert("lookup", lookup);

    for (seen, name) in [(to_staff, "Kiosk 7 (External)"), (to_app, "Kiosk 7")] {
        let both = Cards::from([(kiosk.clone(), name.to_owned()), (mona.clone(), "Mona Kane".to_owned())]);
        assert_eq!(seen.len(), 7);
        for (way, cards) in seen {
            match way {
                "call" | "lookup" => assert!(cards.len() == 1 && cards.is_subset(&both), "{way}: {cards:?}"),
                _ => assert_eq!(cards, both, "{way}"),
            }
        }
    }
}

#[tokio::test]
async fn a_new_label_and_a_new_name_are_shown_at_once() {
    let mut stage = Stage::new().await;
    let thread = stage.talk().await;
    stage.mona.sees(&thread, EVENTS).await;
    let (kiosk, mona) = (stage.kiosk.user.clone(), stage.mona.user.clone());

    let off = FederationChange { enable_acs_users: Some(false), ..FederationChange::default() };
    let unverified = FederationChange {
        label_for_allowed_acs_users: Some(AcsUserLabel::Unverified),
        ..FederationChange::default()
    };
    // While the switch is off the label is not looked at.
    for (change, label) in [(off, "Unverified"), (allow("default"), "External"), (unverified, "Unverified")] {
        stage.admin.set_federation("contoso", change).await.unwrap();
        kiosk.send(&thread, "now").await;
        let card = (kiosk.raw_id.clone(), format!("Kiosk 7 ({label})"));
        for (way, cards) in stage.mona.sees(&thread, 1).await {
            assert!(cards.contains(&card), "{way}: {cards:?}");
            assert!(cards.iter().filter(|(who, _)| *who == kiosk.raw_id).count() == 1, "{way}: {cards:?}");
        }
    }

    let change = UserChange { display_name: Some("Mona Lee".to_owned()), ..UserChange::default() };
    stage.admin.set_user(None, &mona.raw_id, change).await.unwrap();
    let card = (mona.raw_id.clone(), "Mona Lee".to_owned());
    assert_eq!(stage.lookup().await, Cards::from([card.clone()]));
    mona.send(&thread, "it is me").await;
    let seen = stage.mona.sees(&thread, 1).await;
    for way in ["list of participants", "event of the link", "event of the push"] {
        assert!(seen[way].contains(&card), "{way}: {seen:?}");
    }
    stage.mona.calls(3, &kiosk.raw_id, "").await;
    assert_eq!(stage.kiosk.rung().await, Cards::from([card]));

    let external = FederationChange {
        label_for_allowed_acs_users: Some(AcsUserLabel::External),
        ..FederationChange::default()
    };
    stage.admin.set_federation("contoso", external).await.unwrap();
    stage.world.restart().await.unwrap();
    let participants = cards(&mona.get(&format!("{thread}/participants")).await.1);
    assert!(
        participants.contains(&(kiosk.raw_id.clone(), "Kiosk 7 (External)".to_owned())),
        "{participants:?}"
    );
}

#[tokio::test]
async fn staff_who_start_a_thread_have_their_directorys_name_and_names_that_lie_keep_the_label() {
    let stage = Stage::new().await;
    let (kiosk, mona) = (&stage.kiosk.user, &stage.mona.user);
    let people = [kiosk.participant("Ada (Contoso) (Unverified)\u{202e}")];
    let (_, made) = mona.post("/chat/threads", json!({ "topic": "t", "participants": people })).await;
    let participants = format!("{}/participants", path(made["chatThread"]["id"].as_str().unwrap()));
    let expected = |name: &str| {
        Cards::from([(mona.raw_id.clone(), "Mona Kane".to_owned()), (kiosk.raw_id.clone(), name.to_owned())])
    };
    assert_eq!(cards(&mona.get(&participants).await.1), expected("Ada (Contoso) (External)"));
    assert_eq!(cards(&kiosk.get(&participants).await.1), expected("Ada (Contoso) (Unverified)\u{202e}"));
    let page: EventPage = serde_json::from_value(
        mona.get(&participants.replace("/participants", "/events?after=0").replacen(
            "/chat",
            "/liaison/v1/chat",
            1,
        ))
        .await
        .1,
    )
    .unwrap();
    assert_eq!(cards(&serde_json::to_value(&page.events).unwrap()), expected("Ada (Contoso) (External)"));
}
