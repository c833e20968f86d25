"""The claims of documents other than the article: a module a document, or a few short ones."""
