//! What is typed: text to be said, or a command behind a slash.

use liaison_engine::MessageId;

/// What the commands are, for people.
pub const HELP: &str = "\
A line is sent as it is; what begins with a slash is a command:
  /html TEXT            send rich text
  /edit MESSAGE TEXT    change an own message
  /delete MESSAGE       delete an own message
  /file PATH            send a file; an image (png, jpg, gif, webp) is shown as one
  /save ID PATH         put a file that was sent where PATH says
  /typing               tell the others that you write
  /read [MESSAGE]       tell the others how far you have read; without MESSAGE up to the newest
  /topic TEXT           set what the chat is about
  /people               who is in it
  /add RAWID            add somebody
  /remove RAWID         remove somebody; yourself to leave
  /history [N]          the newest N messages (20)
  /end                  delete the chat with its history, for everyone
  /quit                 leave the program
A line that is to begin with a slash begins with two.";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Text(String),
    Html(String),
    Edit(MessageId, String),
    Delete(MessageId),
    File(String),
    Save(String, String),
    Typing,
    Read(Option<MessageId>),
    Topic(String),
    People,
    Add(String),
    Remove(String),
    History(u32),
    End,
    Quit,
    Help,
}

/// How many messages `/history` shows.
const HISTORY: u32 = 20;

/// Reads one line; `None` for an empty one.
pub fn parse(line: &str) -> Result<Option<Line>, String> {
    let line = line.trim_end_matches(['\r', '\n']);
    let Some(rest) = line.strip_prefix('/') else {
        return Ok((!line.trim().is_empty()).then(|| Line::Text(line.to_owned())));
    };
    if rest.starts_with('/') {
        return Ok(Some(Line::Text(rest.to_owned())));
    }
    let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let rest = rest.trim();
    let needed = |what: &str| match rest {
        "" => Err(format!("/{word} needs {what}: see /help")),
        rest => Ok(rest.to_owned()),
    };
    Ok(Some(match word {
        "html" => Line::Html(needed("the text")?),
        "file" => Line::File(needed("a path")?),
        "save" => match rest.split_once(' ') {
            Some((id, path)) => Line::Save(id.to_owned(), path.trim().to_owned()),
            None => return Err("/save needs a file's id and a path: see /help".to_owned()),
        },
        "edit" => {
            let (id, text) = rest.split_once(' ').unwrap_or((rest, ""));
            match text.trim() {
                "" => return Err("/edit needs a message and its new text: see /help".to_owned()),
                text => Line::Edit(message(id)?, text.to_owned()),
            }
        }
        "delete" => Line::Delete(message(rest)?),
        "typing" => Line::Typing,
        "read" if rest.is_empty() => Line::Read(None),
        "read" => Line::Read(Some(message(rest)?)),
        "topic" => Line::Topic(needed("the topic")?),
        "people" => Line::People,
        "add" => Line::Add(needed("a raw id")?),
        "remove" => Line::Remove(needed("a raw id")?),
        "history" if rest.is_empty() => Line::History(HISTORY),
        "history" => match rest.parse() {
            Ok(count @ 1..=200) => Line::History(count),
            _ => return Err("/history shows 1 to 200 messages".to_owned()),
        },
        "end" => Line::End,
        "quit" => Line::Quit,
        "help" => Line::Help,
        other => return Err(format!("there is no command /{other}: see /help")),
    }))
}

fn message(text: &str) -> Result<MessageId, String> {
    let id = text.parse().map(MessageId);
    id.map_err(|_| format!("{text:?} is not a message: its number stands in front of it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_and_commands_are_commands() {
        assert_eq!(parse("\n"), Ok(None));
        assert_eq!(parse(" hello /end \r\n"), Ok(Some(Line::Text(" hello /end ".to_owned()))));
        assert_eq!(parse("//end"), Ok(Some(Line::Text("/end".to_owned()))));
        assert_eq!(parse("/html <b>a</b> b"), Ok(Some(Line::Html("<b>a</b> b".to_owned()))));
        assert_eq!(parse("/edit 12 a b"), Ok(Some(Line::Edit(MessageId(12), "a b".to_owned()))));
        assert_eq!(parse("/file a b.png"), Ok(Some(Line::File("a b.png".to_owned()))));
        assert_eq!(parse("/save f /a b"), Ok(Some(Line::Save("f".to_owned(), "/a b".to_owned()))));
        assert_eq!(parse("/read"), Ok(Some(Line::Read(None))));
        assert_eq!(parse("/read 7"), Ok(Some(Line::Read(Some(MessageId(7))))));
        assert_eq!(parse("/history 200"), Ok(Some(Line::History(200))));
    }

    #[test]
    fn what_is_no_command_is_not_sent() {
        for bad in [
            "/",
            "/shout",
            "/html",
            "/edit",
            "/edit 1",
            "/edit x y",
            "/delete",
            "/history 0",
            "/topic ",
            "/file",
            "/save x",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
