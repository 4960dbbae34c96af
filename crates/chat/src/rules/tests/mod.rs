mod any_commands;
mod basics;
mod book;
mod changes;
mod policy;
mod table;
