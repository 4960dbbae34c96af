mod any_commands;
mod attachments;
mod basics;
pub(crate) mod book;
mod changes;
mod policy;
mod table;
