//! HTML on its way in. What is stored is what everybody is shown, also by clients that trust it.

use ammonia::{Builder, UrlRelative};
use liaison_chat::AttachmentId;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Text, lists, tables, links and pictures; no script, style, form, frame or event handler.
static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut allowed = Builder::default();
    // A relative address would mean another thing in each client.
    allowed.url_relative(UrlRelative::Deny);
    allowed.url_schemes(HashSet::from(["http", "https", "mailto", "tel"]));
    // An image of the message's attachments shows its place by its id, which names nothing else.
    allowed.add_tag_attributes("img", ["id"]);
    allowed.attribute_filter(|_, attribute, value| {
        let other = attribute == "id" && value.parse::<AttachmentId>().is_err();
        (!other).then_some(Cow::Borrowed(value))
    });
    allowed
});

/// The HTML without what could act on its reader's machine.
pub(crate) fn sanitised(html: &str) -> String {
    ALLOWED.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_taken_out_and_what_shows_stays() {
        for (given, kept) in [
            ("<b>bold</b> &amp; <i>it</i>", "<b>bold</b> &amp; <i>it</i>"),
            ("<script>alert(1)</script>", ""),
            ("a<script>alert(1)</script>b", "ab"),
            ("<p onclick=\"x()\" style=\"position:fixed\">hi</p>", "<p>hi</p>"),
            ("<a href=\"javascript:x()\">x</a>", "<a rel=\"noopener noreferrer\">x</a>"),
            ("<a href=\"JaVaScRiPt&colon;x()\">x</a>", "<a rel=\"noopener noreferrer\">x</a>"),
            ("<img src=x onerror=alert(1)>", "<img>"),
            ("<svg><script>x</script></svg>", ""),
            ("<img id=x><p id=login>", "<img><p></p>"),
            ("<img id=0123456789abcdef0123456789abcdef>", "<img id=\"0123456789abcdef0123456789abcdef\">"),
            ("<iframe src=https://x></iframe>", ""),
            ("<style>@import 'x'</style>z", "z"),
            ("<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style></math>", "<img>"),
            ("1 < 2", "1 &lt; 2"),
            ("<b>open", "<b>open</b>"),
            ("<form action=x><input></form>", ""),
            ("<img src=\"data:text/html,x\">", "<img>"),
        ] {
            assert_eq!(sanitised(given), kept, "{given}");
        }
        assert_eq!(
            sanitised("<a href=\"https://x.example/?a=1&b=2\">x</a>"),
            "<a href=\"https://x.example/?a=1&amp;b=2\" rel=\"noopener noreferrer\">x</a>"
        );
    }

    #[test]
    fn cleaning_again_changes_nothing() {
        for given in
            ["<table><tr><td>1</td></tr></table>", "<p>a<p>b", "\u{1F600} <b>\"x'</b> &lt;b&gt; \u{0}"]
        {
            let once = sanitised(given);
            assert_eq!(sanitised(&once), once, "{given}");
        }
    }

    #[test]
    fn the_deepest_message_is_cleaned_as_well() {
        let deep = "<div>".repeat(28 * 1024 / 5);
        assert!(sanitised(&deep).len() < 100 * 1024);
    }
}
