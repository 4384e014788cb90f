//! Expat's error codes with their names and texts.

/// Names and texts, from code 1 on.
pub const ERRORS: [(&str, &str); 44] = [
    ("XML_ERROR_NO_MEMORY", "out of memory"),
    ("XML_ERROR_SYNTAX", "syntax error"),
    ("XML_ERROR_NO_ELEMENTS", "no element found"),
    ("XML_ERROR_INVALID_TOKEN", "not well-formed (invalid token)"),
    ("XML_ERROR_UNCLOSED_TOKEN", "unclosed token"),
    ("XML_ERROR_PARTIAL_CHAR", "partial character"),
    ("XML_ERROR_TAG_MISMATCH", "mismatched tag"),
    ("XML_ERROR_DUPLICATE_ATTRIBUTE", "duplicate attribute"),
    ("XML_ERROR_JUNK_AFTER_DOC_ELEMENT", "junk after document element"),
    ("XML_ERROR_PARAM_ENTITY_REF", "illegal parameter entity reference"),
    ("XML_ERROR_UNDEFINED_ENTITY", "undefined entity"),
    ("XML_ERROR_RECURSIVE_ENTITY_REF", "recursive entity reference"),
    ("XML_ERROR_ASYNC_ENTITY", "asynchronous entity"),
    ("XML_ERROR_BAD_CHAR_REF", "reference to invalid character number"),
    ("XML_ERROR_BINARY_ENTITY_REF", "reference to binary entity"),
    ("XML_ERROR_ATTRIBUTE_EXTERNAL_ENTITY_REF", "reference to external entity in attribute"),
    ("XML_ERROR_MISPLACED_XML_PI", "XML or text declaration not at start of entity"),
    ("XML_ERROR_UNKNOWN_ENCODING", "unknown encoding"),
    ("XML_ERROR_INCORRECT_ENCODING", "encoding specified in XML declaration is incorrect"),
    ("XML_ERROR_UNCLOSED_CDATA_SECTION", "unclosed CDATA section"),
    ("XML_ERROR_EXTERNAL_ENTITY_HANDLING", "error in processing external entity reference"),
    ("XML_ERROR_NOT_STANDALONE", "document is not standalone"),
    ("XML_ERROR_UNEXPECTED_STATE", "unexpected parser state - please send a bug report"),
    ("XML_ERROR_ENTITY_DECLARED_IN_PE", "entity declared in parameter entity"),
    ("XML_ERROR_FEATURE_REQUIRES_XML_DTD", "requested feature requires XML_DTD support in Expat"),
    ("XML_ERROR_CANT_CHANGE_FEATURE_ONCE_PARSING", "cannot change setting once parsing has begun"),
    ("XML_ERROR_UNBOUND_PREFIX", "unbound prefix"),
    ("XML_ERROR_UNDECLARING_PREFIX", "must not undeclare prefix"),
    ("XML_ERROR_INCOMPLETE_PE", "incomplete markup in parameter entity"),
    ("XML_ERROR_XML_DECL", "XML declaration not well-formed"),
    ("XML_ERROR_TEXT_DECL", "text declaration not well-formed"),
    ("XML_ERROR_PUBLICID", "illegal character(s) in public id"),
    ("XML_ERROR_SUSPENDED", "parser suspended"),
    ("XML_ERROR_NOT_SUSPENDED", "parser not suspended"),
    ("XML_ERROR_ABORTED", "parsing aborted"),
    ("XML_ERROR_FINISHED", "parsing finished"),
    ("XML_ERROR_SUSPEND_PE", "cannot suspend in external parameter entity"),
    ("XML_ERROR_RESERVED_PREFIX_XML", "reserved prefix (xml) must not be undeclared or bound to another namespace name"),
    ("XML_ERROR_RESERVED_PREFIX_XMLNS", "reserved prefix (xmlns) must not be declared or undeclared"),
    ("XML_ERROR_RESERVED_NAMESPACE_URI", "prefix must not be bound to one of the reserved namespace names"),
    ("XML_ERROR_INVALID_ARGUMENT", "invalid argument"),
    ("XML_ERROR_NO_BUFFER", "a successful prior call to function XML_GetBuffer is required"),
    ("XML_ERROR_AMPLIFICATION_LIMIT_BREACH", "limit on input amplification factor (from DTD and entities) breached"),
    ("XML_ERROR_NOT_STARTED", "parser not started"),
];

macro_rules! codes {
    ($($name:ident = $code:literal;)*) => { $(pub const $name: i32 = $code;)* };
}

codes! {
    SYNTAX = 2; NO_ELEMENTS = 3; INVALID_TOKEN = 4; UNCLOSED_TOKEN = 5; PARTIAL_CHAR = 6; TAG_MISMATCH = 7;
    DUPLICATE_ATTRIBUTE = 8; JUNK_AFTER_DOC_ELEMENT = 9; PARAM_ENTITY_REF = 10; UNDEFINED_ENTITY = 11;
    RECURSIVE_ENTITY_REF = 12; ASYNC_ENTITY = 13; BAD_CHAR_REF = 14; BINARY_ENTITY_REF = 15;
    ATTRIBUTE_EXTERNAL_ENTITY_REF = 16; MISPLACED_XML_PI = 17; UNKNOWN_ENCODING = 18; INCORRECT_ENCODING = 19;
    UNCLOSED_CDATA_SECTION = 20; EXTERNAL_ENTITY_HANDLING = 21; NOT_STANDALONE = 22; CANT_CHANGE_FEATURE = 26;
    UNBOUND_PREFIX = 27; UNDECLARING_PREFIX = 28; INCOMPLETE_PE = 29; XML_DECL = 30; TEXT_DECL = 31; PUBLICID = 32;
    FINISHED = 36; RESERVED_PREFIX_XML = 38; RESERVED_PREFIX_XMLNS = 39; RESERVED_NAMESPACE_URI = 40;
    AMPLIFICATION_LIMIT = 43;
}

/// The text of a code.
pub fn text_of(code: i64) -> Option<&'static str> {
    usize::try_from(code).ok()?.checked_sub(1).and_then(|index| ERRORS.get(index)).map(|(_, text)| *text)
}
