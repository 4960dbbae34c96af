//! Reads back what a header made by cbindgen declares. Not a C parser: it knows the one form cbindgen writes.

use crate::HeaderError;

/// A function's prototype.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name, which is its symbol.
    pub name: String,
    /// The whole prototype on one line, without the semicolon.
    pub prototype: String,
    /// The comment before it.
    pub comment: String,
}

/// A struct or union: its name and its fields' names.
pub(crate) type Record = (String, Vec<String>);

/// What a header declares.
#[derive(Debug, Default)]
pub struct Declarations {
    /// The functions, in the header's order.
    pub functions: Vec<Function>,
    /// The names of numeric macros and of enumerators, in the header's order.
    pub constants: Vec<String>,
    pub(crate) records: Vec<Record>,
}

impl Declarations {
    /// Reads a header's text.
    ///
    /// # Errors
    /// Something in it is not in cbindgen's form.
    pub fn parse(header: &str) -> Result<Self, HeaderError> {
        let mut found = Self::default();
        let mut comment = String::new();
        let mut statement = String::new();
        let mut cplusplus = Vec::new();
        let mut in_comment = false;
        for line in header.lines().map(str::trim) {
            if in_comment || line.starts_with("/*") {
                if !in_comment && statement.is_empty() {
                    comment.clear();
                }
                if statement.is_empty() {
                    comment.push_str(line);
                    comment.push('\n');
                }
                in_comment = !line.ends_with("*/");
                continue;
            }
            if let Some(directive) = line.strip_prefix('#') {
                found.directive(directive, &mut cplusplus);
                continue;
            }
            if line.is_empty() || cplusplus.contains(&true) {
                continue;
            }
            if !statement.is_empty() {
                statement.push(' ');
            }
            statement.push_str(line);
            let open = statement.matches('{').count();
            if statement.ends_with(';') && open == statement.matches('}').count() {
                found.statement(&std::mem::take(&mut statement), &std::mem::take(&mut comment))?;
            }
        }
        if !statement.is_empty() {
            return Err(HeaderError::Form(format!("the header ends inside: {statement}")));
        }
        Ok(found)
    }

    /// Notes a macro, or whether what follows is for C++ only.
    fn directive(&mut self, directive: &str, cplusplus: &mut Vec<bool>) {
        let mut words = directive.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            // The version changes without the interface.
            (Some("define"), Some(name), Some(_)) if !name.starts_with("LIAISON_VERSION") => {
                self.constants.push(name.to_owned());
            }
            (Some("ifdef"), Some(name), _) => cplusplus.push(name == "__cplusplus"),
            (Some("if" | "ifndef"), ..) => cplusplus.push(false),
            (Some("else"), ..) => {
                if let Some(last) = cplusplus.last_mut() {
                    *last = !*last;
                }
            }
            (Some("endif"), ..) => {
                cplusplus.pop();
            }
            _ => {}
        }
    }

    fn statement(&mut self, statement: &str, comment: &str) -> Result<(), HeaderError> {
        let statement = statement.trim_end_matches(';').trim();
        let unexpected = || HeaderError::Form(format!("unexpected in the header: {statement}"));
        if let Some((head, body)) = statement.split_once('{') {
            let (body, _) = body.rsplit_once('}').ok_or_else(unexpected)?;
            let words: Vec<&str> = head.split_whitespace().collect();
            match words[..] {
                ["enum", _] | ["typedef", "enum", _] => {
                    let names = body.split(',').filter_map(|one| one.split('=').next());
                    self.constants
                        .extend(names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
                }
                ["typedef", "struct" | "union", name] => {
                    let fields = body.split(';').map(str::trim).filter(|field| !field.is_empty());
                    let fields = fields.map(field_name).collect::<Option<Vec<_>>>().ok_or_else(unexpected)?;
                    self.records.push((name.to_owned(), fields));
                }
                _ => return Err(unexpected()),
            }
        } else if !statement.starts_with("typedef") {
            let (head, _) = statement.split_once('(').ok_or_else(unexpected)?;
            let name = head.rsplit([' ', '*']).next().ok_or_else(unexpected)?.to_owned();
            let prototype = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            self.functions.push(Function { name, prototype, comment: comment.to_owned() });
        }
        Ok(())
    }
}

/// The name in `int32_t kind`, `const char *data`.
fn field_name(field: &str) -> Option<String> {
    field.rsplit([' ', '*']).next().map(str::to_owned).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"
/*
opening page; with } and ;
*/
#ifndef LIAISON_H
#define LIAISON_H
#include <stddef.h>
#define LIAISON_VERSION "0.1.0"
/**
 * Works.
 */
#define LIAISON_OK 0
/**
 * Kinds.
 */
enum liaison_kind
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    /**
     * One; of them.
     */
    LIAISON_KIND_ONE = 1,
    LIAISON_KIND_TWO = 2,
};
#ifndef __cplusplus
typedef int32_t liaison_kind;
#endif // __cplusplus
typedef struct liaison_engine liaison_engine;
typedef void (*liaison_hook)(void *user);
typedef struct liaison_str {
    const char *data;
    size_t length;
} liaison_str;
#ifdef __cplusplus
extern "C" {
#endif
/**
 * Does it.
 */
int32_t liaison_do(const liaison_str *text,
                   uint64_t *out);
#ifdef __cplusplus
}  // extern "C"
#endif
#endif
"#;

    #[test]
    fn everything_cbindgen_writes_is_found() {
        let found = Declarations::parse(HEADER).unwrap();
        assert_eq!(found.constants, ["LIAISON_OK", "LIAISON_KIND_ONE", "LIAISON_KIND_TWO"]);
        assert_eq!(found.records, [("liaison_str".to_owned(), vec!["data".to_owned(), "length".to_owned()])]);
        let [function] = &found.functions[..] else { panic!("{found:?}") };
        assert_eq!(function.name, "liaison_do");
        assert_eq!(function.prototype, "int32_t liaison_do(const liaison_str *text, uint64_t *out)");
        assert!(function.comment.contains("Does it."));
    }

    #[test]
    fn an_unknown_form_is_an_error() {
        assert!(Declarations::parse("struct x { int y; } z;\n").is_err());
        assert!(Declarations::parse("int32_t liaison_cut(\n").is_err());
    }
}
