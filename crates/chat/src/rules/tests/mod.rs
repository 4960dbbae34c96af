mod basics;
mod book;
