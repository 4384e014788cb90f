//! The machine of a parser: input, places, and the order of a document's parts.

use super::decoder::{Decoder, detect};
use super::dtd::Dtd;
use super::errors::*;
use super::namespace::Namespaces;
use super::parser::{Handler, XmlParser, python_table};
use super::token::{self, Cursor, Stop, Token, is_space};
use object::value::str as text_value;
use object::{Borrowed, PyResult, Raised, Ref, core};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Why a run ended.
pub enum Fault {
    Python(Raised),
    Xml(i32),
}

impl From<Raised> for Fault {
    fn from(raised: Raised) -> Self {
        Fault::Python(raised)
    }
}

pub type Outcome<T> = Result<T, Fault>;

/// What the parsers of a document and of its entities have in common.
#[derive(Clone, Default)]
pub struct Shared {
    pub dtd: Rc<RefCell<Dtd>>,
    /// Between namespace and name; none without namespaces.
    pub separator: Option<String>,
    /// Entities that are being expanded.
    pub open: Rc<RefCell<Vec<String>>>,
    /// Bytes read, and bytes that entities added.
    pub direct: Rc<Cell<u64>>,
    pub indirect: Rc<Cell<u64>>,
    pub base: Option<String>,
}

/// What a machine reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Document,
    General,
    Parameter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Start,
    Prolog,
    Subset,
    Content,
    Epilog,
}

/// An element that is open.
pub struct Open {
    pub name: String,
    pub expanded: String,
    pub bindings: usize,
}

/// The machine.
pub struct Machine {
    pub base: Option<String>,
    pub shared: Shared,
    pub kind: Kind,
    pub stack: Vec<Open>,
    pub namespaces: Namespaces,
    pub doctype: Option<super::dtd::ExternalId>,
    /// Internal entities that are being read as content.
    pub expanding: usize,
    /// Nested INCLUDE sections of an external subset.
    pub includes: usize,
    /// Length of an unfinished token at the last look.
    waiting: usize,
    forced: Option<String>,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    text: String,
    byte: i64,
    line: u64,
    column: u64,
    phase: Phase,
    in_cdata: bool,
    begun: bool,
    finished: bool,
    doctype_seen: bool,
    bad_input: Option<i32>,
}

impl Machine {
    /// A machine for a document.
    pub fn new(encoding: Option<String>, separator: Option<String>) -> Machine {
        let shared = Shared { separator, ..Shared::default() };
        Self::make(shared, Kind::Document, encoding)
    }

    /// A machine for an entity that a document refers to.
    pub fn for_entity(shared: Shared, parameter: bool, encoding: Option<String>) -> Machine {
        let kind = if parameter { Kind::Parameter } else { Kind::General };
        let base = shared.base.clone();
        let mut machine = Self::make(shared, kind, encoding);
        machine.base = base;
        machine
    }

    fn make(shared: Shared, kind: Kind, forced: Option<String>) -> Machine {
        Machine {
            base: None,
            shared,
            kind,
            stack: Vec::new(),
            namespaces: Namespaces::default(),
            doctype: None,
            expanding: 0,
            includes: 0,
            waiting: 0,
            forced,
            decoder: None,
            raw: Vec::new(),
            text: String::new(),
            byte: 0,
            line: 1,
            column: 0,
            phase: Phase::Start,
            in_cdata: false,
            begun: false,
            finished: false,
            doctype_seen: false,
            bad_input: None,
        }
    }

    /// Whether text is reported as it stands in the input, in pieces of any length.
    pub fn is_utf8(&self) -> bool {
        matches!(self.decoder, Some(Decoder::Utf8) | None)
    }

    pub fn has_begun(&mut self) -> bool {
        self.begun
    }

    /// A str is fed: what it says of its encoding does not count.
    pub fn force_utf8(&mut self) {
        if !self.begun || self.decoder.is_none() {
            self.forced = Some("utf-8".to_owned());
        }
    }

    /// Takes more input and runs as far as it goes.
    pub fn feed(&mut self, parser: Borrowed<'_, XmlParser>, data: &[u8], is_final: bool) -> Outcome<()> {
        if self.finished {
            return Err(Fault::Xml(FINISHED));
        }
        self.begun = true;
        self.shared.base = self.base.clone();
        self.raw.extend_from_slice(data);
        self.shared.direct.set(self.shared.direct.get().saturating_add(data.len() as u64));
        let shared = self.shared.clone();
        let outcome = super::state::while_running(parser, shared, || self.feed_now(parser, is_final));
        if is_final || outcome.is_err() {
            self.finished = true;
        }
        outcome
    }

    fn feed_now(&mut self, parser: Borrowed<'_, XmlParser>, is_final: bool) -> Outcome<()> {
        if !self.choose_decoder(parser, is_final)? {
            return Ok(());
        }
        self.decode();
        // A token that did not end before is looked at again when twice as much of it is there.
        let available = self.text.len();
        if parser.settings.deferral.get() && !is_final && available < self.waiting.saturating_mul(2) {
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        let whole = is_final && self.raw.is_empty() && self.bad_input.is_none();
        *parser.settings.context.borrow_mut() = Some(text.as_bytes().to_vec());
        let start = self.byte;
        parser.settings.context_base.set(start);
        let used = self.run(parser, &text, whole)?;
        self.text = text.get(used..).unwrap_or_default().to_owned();
        self.waiting = if used == 0 { available } else { 0 };
        if let Some(code) = self.bad_input {
            self.advance_over(parser, &text, used);
            return Err(Fault::Xml(code));
        }
        if is_final { self.finish(parser) } else { Ok(()) }
    }

    fn advance_over(&mut self, parser: Borrowed<'_, XmlParser>, text: &str, used: usize) {
        let rest = text.get(used..).unwrap_or_default().to_owned();
        self.advance(&rest);
        self.mark(parser);
    }

    /// Chooses how bytes become text; not before the XML declaration is whole.
    fn choose_decoder(&mut self, parser: Borrowed<'_, XmlParser>, is_final: bool) -> Outcome<bool> {
        if self.decoder.is_some() {
            return Ok(true);
        }
        if let Some(name) = self.forced.clone() {
            if name.eq_ignore_ascii_case("UTF-16") {
                // The byte order is the document's own.
                if self.raw.len() < 2 && !is_final {
                    return Ok(false);
                }
                let (decoder, mark) = match self.raw.as_slice() {
                    [0xFF, 0xFE, ..] => (Decoder::Utf16 { big: false }, 2),
                    [0xFE, 0xFF, ..] => (Decoder::Utf16 { big: true }, 2),
                    [_, 0, ..] => (Decoder::Utf16 { big: false }, 0),
                    _ => (Decoder::Utf16 { big: true }, 0),
                };
                self.skip_mark(mark);
                self.decoder = Some(decoder);
                return Ok(true);
            }
            self.decoder = Some(match Decoder::builtin(&name) {
                Some(decoder) => decoder,
                None => self.python_decoder(&name)?,
            });
            if self.raw.starts_with(&[0xEF, 0xBB, 0xBF]) && matches!(self.decoder, Some(Decoder::Utf8)) {
                self.skip_mark(3);
            }
            return Ok(true);
        }
        let Some((decoder, mark)) = detect(&self.raw, is_final) else { return Ok(false) };
        if decoder.is_ascii_compatible() {
            let body = self.raw.get(mark..).unwrap_or_default();
            const OPENING: &[u8] = b"<?xml";
            if body.len() <= OPENING.len() && OPENING.starts_with(body) && !is_final {
                return Ok(false);
            }
            if body.starts_with(OPENING) && body.get(OPENING.len()).copied().is_some_and(is_space) {
                let Some(end) = body.windows(2).position(|pair| pair == b"?>") else {
                    if is_final {
                        self.decoder = Some(decoder);
                    }
                    return Ok(is_final);
                };
                let declaration = String::from_utf8_lossy(body.get(..end).unwrap_or_default()).into_owned();
                self.skip_mark(mark);
                self.decoder = Some(decoder);
                return self.declared_decoder(parser, &declaration).map(|()| true);
            }
        }
        self.skip_mark(mark);
        self.decoder = Some(decoder);
        Ok(true)
    }

    /// Takes a byte order mark, which counts as a character.
    fn skip_mark(&mut self, length: usize) {
        self.raw.drain(..length);
        self.byte += length as i64;
        self.column += u64::from(length > 0);
    }

    fn declared_decoder(&mut self, parser: Borrowed<'_, XmlParser>, declaration: &str) -> Outcome<()> {
        let Ok(parsed) = super::prolog::xml_declaration(declaration.get(5..).unwrap_or_default()) else { return Ok(()) };
        let Some((name, at)) = parsed.encoding else { return Ok(()) };
        let failed = |machine: &mut Self, code: i32| {
            let before = declaration.get(..5 + at).unwrap_or_default().to_owned();
            machine.advance(&before);
            machine.mark(parser);
            Fault::Xml(code)
        };
        match Decoder::builtin(&name) {
            Some(decoder) if decoder.is_ascii_compatible() => self.decoder = Some(decoder),
            Some(_) => {
                self.report_bad(parser, declaration)?;
                return Err(failed(self, INCORRECT_ENCODING));
            }
            None => match python_table(&name)? {
                Some(table) => self.decoder = Some(Decoder::Table(table)),
                None => {
                    self.report_bad(parser, declaration)?;
                    return Err(failed(self, UNKNOWN_ENCODING));
                }
            },
        }
        Ok(())
    }

    /// A declaration is reported before its encoding is refused.
    fn report_bad(&mut self, parser: Borrowed<'_, XmlParser>, declaration: &str) -> Outcome<()> {
        let data = declaration.get(5..).unwrap_or_default();
        match super::prolog::report_declaration(self, parser, data, declaration) {
            Err(Step::Fault(fault)) => Err(fault),
            _ => Ok(()),
        }
    }

    fn python_decoder(&self, name: &str) -> Outcome<Decoder> {
        match python_table(name)? {
            Some(table) => Ok(Decoder::Table(table)),
            None => Err(Fault::Xml(UNKNOWN_ENCODING)),
        }
    }

    fn decode(&mut self) {
        let Some(decoder) = &self.decoder else { return };
        let decoded = decoder.decode(&self.raw);
        self.raw.drain(..decoded.used);
        match String::from_utf8(decoded.text) {
            Ok(text) => self.text.push_str(&text),
            Err(_) => self.bad_input = Some(INVALID_TOKEN),
        }
        self.bad_input = self.bad_input.or(decoded.error);
    }

    /// Tells the parser where the event under way begins.
    pub fn mark(&self, parser: Borrowed<'_, XmlParser>) {
        parser.settings.byte.set(self.byte);
        parser.settings.line.set(self.line);
        parser.settings.column.set(self.column);
    }

    /// Tells the parser of the place behind `text`, where an event has no text of its own. Inside of entities places stand still.
    pub fn mark_behind(&mut self, parser: Borrowed<'_, XmlParser>, text: &str) {
        if self.expanding > 0 {
            return;
        }
        let place = (self.byte, self.line, self.column);
        self.advance(text);
        self.mark(parser);
        (self.byte, self.line, self.column) = place;
    }

    /// Moves the place behind `text`.
    pub fn advance(&mut self, text: &str) {
        let decoder = self.decoder.clone().unwrap_or(Decoder::Utf8);
        let mut bytes = text.bytes().peekable();
        while let Some(byte) = bytes.next() {
            if byte & 0xC0 == 0x80 {
                continue;
            }
            self.byte += decoder.width(byte) as i64;
            match byte {
                b'\r' if bytes.peek() == Some(&b'\n') => {}
                b'\r' | b'\n' => {
                    self.line += 1;
                    self.column = 0;
                }
                _ => self.column += 1,
            }
        }
    }

    /// An error at so many bytes of `rest`.
    pub fn fail_at(&mut self, parser: Borrowed<'_, XmlParser>, rest: &str, at: usize, code: i32) -> Fault {
        let before = rest.get(..at).unwrap_or_default().to_owned();
        self.advance(&before);
        self.mark(parser);
        Fault::Xml(code)
    }

    /// Runs over `text`; gives how much of it was used.
    fn run(&mut self, parser: Borrowed<'_, XmlParser>, text: &str, whole: bool) -> Outcome<usize> {
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            self.mark(parser);
            let step = match self.phase {
                Phase::Start => self.start(parser, rest, whole),
                Phase::Prolog | Phase::Epilog => self.outside(parser, rest, whole),
                Phase::Subset => self.subset_step(parser, rest, whole),
                Phase::Content => self.content_step(parser, rest, whole),
            };
            match step {
                Ok(0) => return Ok(at),
                Ok(length) => {
                    self.advance(rest.get(..length).unwrap_or_default());
                    at += length;
                }
                Err(Step::Fault(fault)) => return Err(fault),
                Err(Step::Stop(Stop::Bad(code, offset))) => return Err(self.fail_at(parser, rest, offset, code)),
                Err(Step::Stop(Stop::More)) if whole => {
                    return Err(Fault::Xml(if self.in_cdata { UNCLOSED_CDATA_SECTION } else { UNCLOSED_TOKEN }));
                }
                Err(Step::Stop(Stop::More)) => return Ok(at),
                // A change of phase without progress.
                Err(Step::Again) => {}
            }
        }
    }

    fn start(&mut self, parser: Borrowed<'_, XmlParser>, rest: &str, whole: bool) -> Result<usize, Step> {
        if rest.is_empty() && !whole {
            return Ok(0);
        }
        if rest.len() < 6 && "<?xml".starts_with(rest.get(..rest.len().min(5)).unwrap_or_default()) && !whole {
            return Err(Stop::More.into());
        }
        let behind = match self.kind {
            Kind::Document => Phase::Prolog,
            Kind::General => Phase::Content,
            Kind::Parameter => Phase::Subset,
        };
        if !rest.starts_with("<?xml") || !rest.as_bytes().get(5).copied().is_some_and(is_space) {
            self.phase = behind;
            return Err(Step::Again);
        }
        let mut cursor = Cursor { text: rest, at: 2 };
        let token = token::instruction(&mut cursor)?;
        self.phase = behind;
        if let Token::Instruction { data, .. } = token {
            super::prolog::report_declaration(self, parser, &data, rest.get(..cursor.at).unwrap_or_default())?;
        }
        Ok(cursor.at)
    }

    /// Before and behind the document's element.
    fn outside(&mut self, parser: Borrowed<'_, XmlParser>, rest: &str, whole: bool) -> Result<usize, Step> {
        let Some(first) = rest.chars().next() else { return Ok(0) };
        let epilog = self.phase == Phase::Epilog;
        let spaces = rest.bytes().take_while(|byte| is_space(*byte)).count();
        if spaces > 0 {
            self.default(parser, rest.get(..spaces).unwrap_or_default())?;
            return Ok(spaces);
        }
        if first != '<' {
            if !epilog && let Ok(at) = name_end(rest) {
                return Err(Stop::Bad(INVALID_TOKEN, at).into());
            }
            let code = match first {
                _ if epilog => JUNK_AFTER_DOC_ELEMENT,
                '&' | '\0'..'\u{20}' => INVALID_TOKEN,
                _ => SYNTAX,
            };
            return Err(Stop::Bad(code, 0).into());
        }
        match rest.as_bytes().get(1) {
            None => Err(Stop::More.into()),
            Some(b'!') if !epilog && "<!DOCTYPE".starts_with(rest.get(..rest.len().min(9)).unwrap_or_default()) => {
                if rest.len() < 9 {
                    return Err(Stop::More.into());
                }
                if self.doctype_seen {
                    return Err(Stop::Bad(SYNTAX, 0).into());
                }
                let (length, subset) = super::prolog::doctype(self, parser, rest)?;
                self.doctype_seen = true;
                if subset {
                    self.phase = Phase::Subset;
                }
                Ok(length)
            }
            Some(b'!' | b'?') => {
                let (token, length) = token::markup(rest, false)?;
                self.misc(parser, &token, rest.get(..length).unwrap_or_default())?;
                Ok(length)
            }
            Some(_) if epilog => Err(Stop::Bad(JUNK_AFTER_DOC_ELEMENT, 0).into()),
            Some(_) => {
                let _ = whole;
                if parser.settings.foreign_dtd.get() && !self.doctype_seen {
                    super::prolog::read_external(self, parser)?;
                }
                self.phase = Phase::Content;
                Err(Step::Again)
            }
        }
    }

    fn subset_step(&mut self, parser: Borrowed<'_, XmlParser>, rest: &str, whole: bool) -> Result<usize, Step> {
        if rest.is_empty() {
            return Ok(0);
        }
        if self.kind == Kind::Document && rest.starts_with(']') {
            let mut cursor = Cursor { text: rest, at: 1 };
            cursor.spaces();
            cursor.expect(">")?;
            super::prolog::end_doctype(self, parser)?;
            self.phase = Phase::Prolog;
            return Ok(cursor.at);
        }
        let _ = whole;
        super::prolog::subset(self, parser, rest, self.kind == Kind::Parameter)
    }

    fn content_step(&mut self, parser: Borrowed<'_, XmlParser>, rest: &str, whole: bool) -> Result<usize, Step> {
        let mut in_cdata = self.in_cdata;
        let step = self.content(parser, rest, whole, &mut in_cdata, 0);
        self.in_cdata = in_cdata;
        let length = step?;
        if self.stack.is_empty() && self.kind == Kind::Document && length > 0 {
            self.phase = Phase::Epilog;
        }
        Ok(length)
    }

    /// The end of the input.
    fn finish(&mut self, parser: Borrowed<'_, XmlParser>) -> Outcome<()> {
        self.mark(parser);
        if !self.raw.is_empty() {
            let half_unit = self.raw.len() == 1 && matches!(self.decoder, Some(Decoder::Utf16 { .. }));
            return Err(Fault::Xml(if half_unit { UNCLOSED_TOKEN } else { PARTIAL_CHAR }));
        }
        let complete = match self.kind {
            Kind::Document => self.phase == Phase::Epilog,
            Kind::General => {
                if !self.stack.is_empty() {
                    return Err(Fault::Xml(ASYNC_ENTITY));
                }
                true
            }
            Kind::Parameter => {
                if self.includes > 0 {
                    return Err(Fault::Xml(INCOMPLETE_PE));
                }
                true
            }
        };
        if self.in_cdata {
            return Err(Fault::Xml(UNCLOSED_CDATA_SECTION));
        }
        if complete { Ok(()) } else { Err(Fault::Xml(NO_ELEMENTS)) }
    }

    /// A comment or processing instruction.
    pub fn misc(&mut self, parser: Borrowed<'_, XmlParser>, token: &Token, raw: &str) -> Result<(), Step> {
        let handled = match token {
            Token::Comment(content) => parser.call(Handler::Comment, &[text_value::new(&unified(content))?.b()])?.is_some(),
            Token::Instruction { target, data } => {
                if target.eq_ignore_ascii_case("xml") {
                    let code = if target == "xml" { MISPLACED_XML_PI } else { INVALID_TOKEN };
                    return Err(Stop::Bad(code, 0).into());
                }
                let (target, data) = (parser.name(target)?, text_value::new(&unified(data))?);
                parser.call(Handler::ProcessingInstruction, &[target.b(), data.b()])?.is_some()
            }
            _ => return Err(Stop::Bad(SYNTAX, 0).into()),
        };
        if !handled {
            self.default(parser, raw)?;
        }
        Ok(())
    }

    /// Reports what has no handler of its own.
    pub fn default(&self, parser: Borrowed<'_, XmlParser>, raw: &str) -> PyResult<()> {
        for which in [Handler::DefaultExpand, Handler::Default] {
            if parser.handler(which).is_some() {
                return parser.call(which, &[text_value::new(raw)?.b()]).map(drop);
            }
        }
        Ok(())
    }

    /// Whether internal entities are expanded, or left to the default handler.
    pub fn expands(&self, parser: Borrowed<'_, XmlParser>) -> bool {
        parser.handler(Handler::Default).is_none() || parser.handler(Handler::DefaultExpand).is_some()
    }

    /// Asks `NotStandaloneHandler` where there is one.
    pub fn check_standalone(&self, parser: Borrowed<'_, XmlParser>) -> Outcome<()> {
        if self.shared.dtd.borrow().standalone {
            return Ok(());
        }
        match parser.call(Handler::NotStandalone, &[])? {
            Some(answer) if answer.as_i64()? == 0 => Err(Fault::Xml(NOT_STANDALONE)),
            _ => Ok(()),
        }
    }

    /// Counts what an entity adds, and stops what grows out of proportion.
    pub fn count_expansion(&self, parser: Borrowed<'_, XmlParser>, added: usize) -> Outcome<()> {
        let total = self.shared.indirect.get().saturating_add(added as u64);
        self.shared.indirect.set(total);
        let direct = self.shared.direct.get().max(1);
        let output = direct.saturating_add(total);
        let factor = output as f64 / direct as f64;
        if output >= parser.settings.activation.get() && factor > parser.settings.max_amplification.get() {
            return Err(Fault::Xml(AMPLIFICATION_LIMIT));
        }
        Ok(())
    }

    /// Calls the handler of external entities; says whether there is one.
    pub fn external(
        &self,
        parser: Borrowed<'_, XmlParser>,
        context: Option<&str>,
        system: Option<&str>,
        public: Option<&str>,
    ) -> Outcome<bool> {
        let make =
            |value: Option<&str>| -> PyResult<Ref> { value.map_or_else(|| Ok(core::none_ref()), |value| parser.name(value)) };
        let args = [make(context)?, make(self.base.as_deref())?, make(system)?, make(public)?];
        let [context, base, system, public] = &args;
        match parser.call(Handler::ExternalEntityRef, &[context.b(), base.b(), system.b(), public.b()])? {
            Some(answer) if answer.as_i64()? == 0 => Err(Fault::Xml(EXTERNAL_ENTITY_HANDLING)),
            Some(_) => Ok(true),
            None => Ok(false),
        }
    }
}

/// Where a name at the start of `text` ends in a character that no token continues with.
fn name_end(text: &str) -> Result<usize, Stop> {
    let mut cursor = Cursor::new(text);
    cursor.name()?;
    match cursor.peek()? {
        code if code.is_ascii_whitespace() || ">)%|?*+,]".contains(code) => Err(Stop::More),
        _ => Ok(cursor.at),
    }
}

/// Why a step made no progress.
pub enum Step {
    Stop(Stop),
    Fault(Fault),
    Again,
}

impl From<Stop> for Step {
    fn from(stop: Stop) -> Self {
        Step::Stop(stop)
    }
}

impl From<Fault> for Step {
    fn from(fault: Fault) -> Self {
        Step::Fault(fault)
    }
}

impl From<Raised> for Step {
    fn from(raised: Raised) -> Self {
        Step::Fault(Fault::Python(raised))
    }
}

/// A text with its line ends made one.
pub fn unified(content: &str) -> String {
    if content.contains('\r') { content.replace("\r\n", "\n").replace('\r', "\n") } else { content.to_owned() }
}
