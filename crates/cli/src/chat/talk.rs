//! A chat from its beginning to its end.

use std::collections::{HashMap, VecDeque};
use std::io::BufRead as _;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use liaison_engine::chat_model::{Attachment, AttachmentKind, Message};
use liaison_engine::{
    AttachmentSource, AttachmentToGet, AttachmentView, ChatClient, ChatError, ChatEventKind, ChatListOptions,
    ChatParticipantToAdd, ChatResult, ChatThreadClient, Event, MessageId, MessagesFrom, NewAttachment,
    NewChatThread, NewMessage, OperationId,
};

use super::line::{self, Line};
use super::tell;
use crate::exit::Failure;
use crate::session::{Moment, Session};

/// Lines that wait while the service is slow.
const LINES: usize = 64;

/// How it begins.
pub enum Begin {
    Create {
        with: Vec<String>,
        topic: String,
    },
    Join(String),
    /// With the first thread in which something happens.
    Wait,
}

/// A chat under way.
struct Talk<'a> {
    session: &'a mut Session,
    client: ChatClient,
    name: String,
    thread: Option<ChatThreadClient>,
    creation: Option<OperationId>,
    pending: Vec<OperationId>,
    /// Typed before there was a thread.
    early: VecDeque<Line>,
    newest: Option<MessageId>,
    /// Files that were seen.
    files: HashMap<String, AttachmentKind>,
    failed: Option<String>,
    over: bool,
}

/// Talks until the chat is over, standard input ends (unless `follow`), or somebody presses Ctrl-C.
pub fn talk(session: &mut Session, begin: Begin, name: String, follow: bool) -> Result<(), Failure> {
    let client = session.engine.chat_client();
    let mut talk = Talk {
        session,
        client,
        name,
        thread: None,
        creation: None,
        pending: Vec::new(),
        early: VecDeque::new(),
        newest: None,
        files: HashMap::new(),
        failed: None,
        over: false,
    };
    talk.begin(begin)?;
    let typed = typed();
    let mut more = true;
    while !talk.over && !talk.session.interrupt.wanted() {
        if let Some(event) = talk.session.next()? {
            talk.event(event)?;
        }
        while more && talk.early.len() < LINES {
            match typed.try_recv() {
                Ok(text) => talk.typed(&text),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => more = false,
            }
        }
        let idle = talk.creation.is_none() && talk.pending.is_empty() && talk.early.is_empty();
        talk.over |= !more && !follow && idle;
    }
    // Somebody who typed has seen it; a program looks at how this one ends.
    match talk.failed {
        Some(text) if !more && !follow => Err(Failure::Other(text)),
        _ => Ok(()),
    }
}

/// What standard input says. The thread ends with it, or with the program.
fn typed() -> Receiver<String> {
    let (lines, typed) = sync_channel(LINES);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    typed
}

fn failure(error: ChatError) -> Failure {
    match error {
        ChatError::ThreadId(_) | ChatError::RawId(_) => Failure::Usage(error.to_string()),
        ChatError::TokenRefused(_) => Failure::Token(error.to_string()),
        ChatError::Unreachable(_) | ChatError::Untrusted(_) => Failure::Unreachable(error.to_string()),
        other => Failure::Other(other.to_string()),
    }
}

impl Talk<'_> {
    fn note(&mut self, moment: Moment) {
        self.session.timeline.note(moment);
    }

    fn problem(&mut self, text: String) {
        self.note(Moment::Problem { text: text.clone() });
        self.failed = Some(text);
    }

    fn begin(&mut self, begin: Begin) -> Result<(), Failure> {
        match begin {
            Begin::Create { with, topic } => {
                let participants = with.into_iter().map(person).collect();
                let new = NewChatThread { topic, participants, ..NewChatThread::default() };
                self.creation = Some(self.client.create_chat_thread(new).map_err(failure)?);
            }
            Begin::Join(thread) => {
                let thread = self.client.chat_thread_client(&thread).map_err(failure)?;
                self.creation = Some(thread.get_properties().map_err(failure)?);
                self.thread = Some(thread);
            }
            Begin::Wait => self.note(Moment::ChatWaiting),
        }
        Ok(())
    }

    fn typed(&mut self, text: &str) {
        match line::parse(text) {
            Ok(Some(Line::Help)) => crate::output::line(line::HELP),
            Ok(Some(Line::Quit)) => self.over = true,
            Ok(Some(line)) if self.thread.is_none() || self.creation.is_some() => self.early.push_back(line),
            Ok(Some(line)) => self.say(line),
            Ok(None) => {}
            Err(text) => self.problem(text),
        }
    }

    fn say(&mut self, line: Line) {
        let Some(thread) = &self.thread else { return };
        let message = |new: NewMessage| {
            thread.send_message(NewMessage { sender_display_name: self.name.clone(), ..new })
        };
        let asked = match line {
            Line::Text(text) => message(NewMessage::text(text)),
            Line::Html(text) => message(NewMessage::html(text)),
            Line::Edit(id, text) => thread.update_message(id, &text),
            Line::Delete(id) => thread.delete_message(id),
            Line::File(path) => {
                let (kind, name) = (kind_of(&path), String::new());
                thread.upload_attachment(NewAttachment {
                    kind,
                    name,
                    source: AttachmentSource::Path(path.into()),
                })
            }
            Line::Save(id, path) => match self.files.get(&id).copied() {
                Some(kind) => {
                    let (view, path) = (AttachmentView::Original, Some(path.into()));
                    thread.download_attachment(AttachmentToGet { id, kind, view, path })
                }
                None => return self.problem(format!("there was no file {id}: /history shows older ones")),
            },
            Line::Typing => thread.send_typing_notification(&self.name),
            Line::Read(id) => match id.or(self.newest) {
                Some(id) => thread.send_read_receipt(id),
                None => return self.problem("there is no message to have read".to_owned()),
            },
            Line::Topic(topic) => thread.update_topic(&topic),
            Line::People => thread.list_participants(ChatListOptions::default()),
            Line::Add(who) => thread.add_participants(vec![person(who)]),
            Line::Remove(who) => thread.remove_participant(&who),
            Line::History(most) => thread.list_messages(MessagesFrom::Newest, Some(most)),
            Line::End => thread.delete(),
            Line::Help | Line::Quit => return,
        };
        match asked {
            Ok(operation) => self.pending.push(operation),
            Err(error) => self.problem(error.to_string()),
        }
    }

    fn event(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::ChatDone { operation, result, .. } if Some(operation) == self.creation => {
                self.creation = None;
                self.begun(*result.map_err(failure)?)?;
            }
            Event::ChatDone { operation, result, .. } => {
                self.pending.retain(|waiting| *waiting != operation);
                match result {
                    Ok(result) => self.done(*result),
                    Err(error) => self.problem(error.to_string()),
                }
            }
            Event::Chat(event) => self.happened(&event)?,
            Event::ChatMissed { thread, to } => {
                if let Ok(thread) = self.client.chat_thread_client(thread.as_str()) {
                    thread.acknowledge(to).map_err(failure)?;
                }
            }
            Event::OperationDone { result, .. } => self.session.note_failed(result),
            Event::IncomingCall { call, .. } => {
                // It has no ears; another device of the user's may have.
                let declined =
                    self.session.engine.call_agent().incoming_call(call).and_then(|call| call.reject());
                if let Err(error) = declined {
                    self.note(Moment::Problem { text: error.to_string() });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// There is a thread now.
    fn begun(&mut self, result: ChatResult) -> Result<(), Failure> {
        let (thread, refused) = match result {
            ChatResult::ThreadCreated { thread, refused } => (thread, refused),
            ChatResult::Thread(thread) => (thread, Vec::new()),
            _ => return Ok(()),
        };
        for who in refused {
            self.problem(format!("{} is not in the chat: {} {}", who.raw_id, who.code, who.text));
        }
        self.thread = Some(self.client.chat_thread_client(thread.id.as_str()).map_err(failure)?);
        self.note(Moment::ChatThread {
            thread: thread.id.to_string(),
            topic: thread.topic.as_str().to_owned(),
            by: thread.created_by.to_string(),
        });
        self.say_early();
        Ok(())
    }

    fn say_early(&mut self) {
        while let Some(line) = self.early.pop_front() {
            self.say(line);
        }
    }

    fn done(&mut self, result: ChatResult) {
        match result {
            ChatResult::MessageSent { message } => self.note(Moment::Sent { message: message.0 }),
            ChatResult::Messages { messages, .. } => {
                for message in messages.iter().rev() {
                    self.see(message);
                    self.note(tell::message(message, "was"));
                }
            }
            ChatResult::AttachmentUploaded { attachment } => self.send_file(attachment),
            ChatResult::Participants { participants, .. } => {
                self.note(Moment::People { who: tell::people(&participants) });
            }
            ChatResult::ParticipantsAdded { refused } => {
                for who in refused {
                    self.problem(format!("{} was not added: {} {}", who.raw_id, who.code, who.text));
                }
            }
            _ => {}
        }
    }

    fn send_file(&mut self, attachment: Attachment) {
        let Some(thread) = &self.thread else { return };
        let new = NewMessage {
            sender_display_name: self.name.clone(),
            attachments: vec![attachment],
            ..NewMessage::text("")
        };
        match thread.send_message(new) {
            Ok(operation) => self.pending.push(operation),
            Err(error) => self.problem(error.to_string()),
        }
    }

    fn see(&mut self, message: &Message) {
        let files = message.content.iter().flat_map(|content| &content.attachments);
        self.files.extend(files.map(|file| (file.id.clone(), file.kind)));
    }

    /// Shown and pushed out, then acknowledged.
    fn happened(&mut self, event: &liaison_engine::ChatEvent) -> Result<(), Failure> {
        let thread = self.client.chat_thread_client(event.thread.as_str()).map_err(failure)?;
        let first = self.thread.is_none() && self.creation.is_none();
        if first {
            self.thread = Some(thread.clone());
            if !matches!(event.kind, ChatEventKind::ChatThreadCreated { .. }) {
                self.note(Moment::ChatThread {
                    thread: event.thread.to_string(),
                    topic: String::new(),
                    by: String::new(),
                });
            }
        }
        let ours = self.thread.as_ref().is_some_and(|thread| *thread.thread() == event.thread);
        if ours {
            if let ChatEventKind::ChatMessageReceived { message } = &event.kind {
                self.newest = Some(message.id);
                self.see(message);
            }
            // Who began it knows of it already.
            let known = !first && matches!(event.kind, ChatEventKind::ChatThreadCreated { .. });
            if let Some(moment) = tell::event(event).filter(|_| !known) {
                self.note(moment);
            }
            self.over |= matches!(event.kind, ChatEventKind::ChatThreadDeleted { .. });
        }
        if let Some(sequence) = event.sequence {
            thread.acknowledge(sequence).map_err(failure)?;
        }
        if first {
            self.say_early();
        }
        Ok(())
    }
}

/// An image is what the service takes as one, by its name here; what it is not is refused.
fn kind_of(path: &str) -> AttachmentKind {
    let name = path.to_ascii_lowercase();
    let image = [".png", ".jpg", ".jpeg", ".gif", ".webp"].iter().any(|end| name.ends_with(end));
    if image { AttachmentKind::Image } else { AttachmentKind::File }
}

fn person(raw_id: String) -> ChatParticipantToAdd {
    ChatParticipantToAdd { raw_id, ..ChatParticipantToAdd::default() }
}
