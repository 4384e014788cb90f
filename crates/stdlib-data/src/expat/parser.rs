//! The parser object: its handlers, its attributes and its methods.

use super::machine::{Fault, Machine};
use super::state::{expat_error, multi_byte};
use builtins::dict::Dict;
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::str::{self as text, Builder};
use object::value::{bytes, int};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, Visit, core, id, memory, raise};
use std::cell::{Cell, RefCell};

/// What a parser keeps beside its machine.
#[derive(Default)]
pub struct Settings {
    pub ordered_attributes: Cell<bool>,
    pub specified_attributes: Cell<bool>,
    pub namespace_prefixes: Cell<bool>,
    pub deferral: Cell<bool>,
    pub buffer_text: Cell<bool>,
    pub buffer_size: Cell<usize>,
    buffer: RefCell<Builder>,
    /// Where the event under way begins: byte, line, column.
    pub byte: Cell<i64>,
    pub line: Cell<u64>,
    pub column: Cell<u64>,
    pub error: Cell<i32>,
    /// The input behind the start of the event under way.
    pub context: RefCell<Option<Vec<u8>>>,
    /// The byte index of the context's start.
    pub context_base: Cell<i64>,
    pub param_parsing: Cell<i32>,
    pub foreign_dtd: Cell<bool>,
    pub max_amplification: Cell<f64>,
    pub activation: Cell<u64>,
    /// The parser reads an entity of another parser's document.
    is_child: Cell<bool>,
}

/// XML parser
#[pyclass(name = "xmlparser", module = "pyexpat", gc = manual, flags(DISALLOW_INSTANTIATION), parts(MAIN, HANDLERS))]
pub struct XmlParser {
    head: abi::PyObject,
    #[member(T_OBJECT, readonly)]
    intern: OptRef,
    handlers: [OptRef; HANDLER_COUNT],
    /// None while it runs.
    machine: RefCell<Option<Box<Machine>>>,
    pub settings: Box<Settings>,
}

macro_rules! handlers {
    ($($index:ident $get:ident $set:ident $name:literal;)*) => {
        /// Which handler.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[allow(clippy::enum_variant_names, reason = "the handlers' own names")]
        pub enum Handler { $($index,)* }

        const NAMES: &[&str] = &[$($name,)*];
        const HANDLER_COUNT: usize = NAMES.len();

        #[pymethods(part = HANDLERS)]
        impl XmlParser {
            $(
                #[getter(name = $name)]
                fn $get(&self) -> Option<Ref> {
                    self.handler(Handler::$index)
                }

                #[setter(name = $name)]
                fn $set(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
                    self.set_handler(Handler::$index, value)
                }
            )*
        }
    };
}

handlers! {
    StartElement start_element set_start_element "StartElementHandler";
    EndElement end_element set_end_element "EndElementHandler";
    ProcessingInstruction instruction set_instruction "ProcessingInstructionHandler";
    CharacterData character_data set_character_data "CharacterDataHandler";
    UnparsedEntityDecl unparsed set_unparsed "UnparsedEntityDeclHandler";
    NotationDecl notation set_notation "NotationDeclHandler";
    StartNamespaceDecl start_namespace set_start_namespace "StartNamespaceDeclHandler";
    EndNamespaceDecl end_namespace set_end_namespace "EndNamespaceDeclHandler";
    Comment comment set_comment "CommentHandler";
    StartCdataSection start_cdata set_start_cdata "StartCdataSectionHandler";
    EndCdataSection end_cdata set_end_cdata "EndCdataSectionHandler";
    Default default_ set_default "DefaultHandler";
    DefaultExpand default_expand set_default_expand "DefaultHandlerExpand";
    NotStandalone not_standalone set_not_standalone "NotStandaloneHandler";
    ExternalEntityRef external_entity set_external_entity "ExternalEntityRefHandler";
    StartDoctypeDecl start_doctype set_start_doctype "StartDoctypeDeclHandler";
    EndDoctypeDecl end_doctype set_end_doctype "EndDoctypeDeclHandler";
    EntityDecl entity_decl set_entity_decl "EntityDeclHandler";
    XmlDecl xml_decl set_xml_decl "XmlDeclHandler";
    ElementDecl element_decl set_element_decl "ElementDeclHandler";
    AttlistDecl attlist_decl set_attlist_decl "AttlistDeclHandler";
    SkippedEntity skipped set_skipped "SkippedEntityHandler";
}

impl XmlParser {
    /// A parser.
    pub fn create(machine: Machine, intern: Option<Ref>) -> PyResult<Ref<XmlParser>> {
        let settings = Settings::default();
        settings.buffer_size.set(8192);
        settings.byte.set(-1);
        settings.line.set(1);
        settings.deferral.set(true);
        settings.max_amplification.set(100.0);
        settings.activation.set(8 << 20);
        let value = XmlParser {
            head: crate::header(),
            intern: OptRef::new(intern),
            handlers: [const { OptRef::none() }; HANDLER_COUNT],
            machine: RefCell::new(Some(Box::new(machine))),
            settings: Box::new(settings),
        };
        memory::new_instance(Self::type_object(), value)
    }

    pub fn handler(&self, which: Handler) -> Option<Ref> {
        self.handlers.get(which as usize).and_then(OptRef::get)
    }

    fn set_handler(&self, which: Handler, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(RuntimeError, "Cannot delete attribute")) };
        // Text that was collected belongs to the handler that goes.
        if which == Handler::CharacterData {
            self.flush_text()?;
        }
        if let Some(field) = self.handlers.get(which as usize) {
            field.set((!value.is(&core::none())).then(|| value.to_ref()));
        }
        Ok(())
    }

    /// Forgets all handlers: what comes behind an error is not reported.
    fn clear_handlers(&self) {
        self.handlers.iter().for_each(|handler| handler.set(None));
    }

    /// Calls a handler after the text before it was handed over; none where there is no such handler.
    pub fn call(&self, which: Handler, args: &[Borrowed<'_>]) -> PyResult<Option<Ref>> {
        if self.handler(which).is_none() {
            return Ok(None);
        }
        self.flush_text()?;
        // The text's handler may have taken this one away.
        match self.handler(which) {
            Some(handler) => handler.call(args).map(Some),
            None => Ok(Some(core::true_().to_ref())),
        }
    }

    /// An interned str: names come again and again.
    pub fn name(&self, name: &str) -> PyResult<Ref> {
        let made = text::new(name)?;
        match self.intern.get().map(Ref::downcast::<Dict>) {
            Some(Ok(intern)) => intern.setdefault(made.b(), made.b()),
            _ => Ok(made),
        }
    }

    /// Hands the collected text over.
    pub fn flush_text(&self) -> PyResult<()> {
        let collected = self.settings.buffer.take();
        if collected.is_empty() {
            return Ok(());
        }
        match self.handler(Handler::CharacterData) {
            Some(handler) => handler.call1(collected.finish()?.b()).map(drop),
            None => Ok(()),
        }
    }

    /// Reports text, collected where that is wanted.
    pub fn characters(&self, content: &str) -> PyResult<bool> {
        let Some(handler) = self.handler(Handler::CharacterData) else { return Ok(false) };
        if !self.settings.buffer_text.get() {
            handler.call1(text::new(content)?.b())?;
            return Ok(true);
        }
        let limit = self.settings.buffer_size.get();
        let used = self.settings.buffer.borrow().len();
        if used + content.len() > limit {
            self.flush_text()?;
            if content.len() > limit {
                // The handler may have gone meanwhile.
                if let Some(handler) = self.handler(Handler::CharacterData) {
                    handler.call1(text::new(content)?.b())?;
                }
                return Ok(true);
            }
        }
        self.settings.buffer.borrow_mut().push_str(content)?;
        Ok(true)
    }

    /// Runs the machine on more input.
    fn feed(slf: Borrowed<'_, Self>, data: &[u8], is_final: bool) -> PyResult<i32> {
        let Some(mut machine) = slf.machine.take() else {
            return Err(raise!(RuntimeError, "cannot call Parse() from within a handler"));
        };
        let outcome = machine.feed(slf, data, is_final);
        *slf.machine.borrow_mut() = Some(machine);
        slf.settings.context.take();
        match outcome {
            Ok(()) => slf.flush_text().map(|()| 1),
            Err(Fault::Python(raised)) => {
                slf.clear_handlers();
                Err(raised)
            }
            Err(Fault::Xml(code)) => {
                slf.settings.error.set(code);
                slf.flush_text()?;
                Err(expat_error(code, slf.settings.line.get(), slf.settings.column.get()))
            }
        }
    }

    /// RuntimeError while the parser runs.
    fn check_idle(&self, function: &str) -> PyResult<()> {
        if self.machine.borrow().is_none() {
            return Err(raise!(RuntimeError, "cannot call {function}() from within a handler"));
        }
        Ok(())
    }

    fn check_root(&self, message: &str) -> PyResult<()> {
        if self.settings.is_child.get() { Err(super::state::expat_message(message)) } else { Ok(()) }
    }

    fn with_machine<R>(&self, action: impl FnOnce(&mut Machine) -> R) -> PyResult<R> {
        match self.machine.borrow_mut().as_mut() {
            Some(machine) => Ok(action(machine)),
            None => Err(raise!(RuntimeError, "the parser is running")),
        }
    }
}

fn flag(place: &Cell<bool>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    match value {
        Some(value) => {
            place.set(value.is_true()?);
            Ok(())
        }
        None => Err(raise!(RuntimeError, "Cannot delete attribute")),
    }
}

#[pymethods]
impl XmlParser {
    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        visit.raw(self.intern.as_ptr());
        self.handlers.iter().for_each(|handler| visit.raw(handler.as_ptr()));
    }

    #[slot(tp_clear)]
    fn clear(&self) {
        self.clear_handlers();
        self.intern.set(None);
    }

    /// Parse XML data.
    ///
    /// 'data' can be a bytes-like object or a string.  If it is a string,
    /// the encoding declaration in the XML data is ignored.
    /// 'isfinal' should be true at end of input.
    #[method("($self, data, isfinal=False, /)")]
    #[allow(non_snake_case)]
    fn Parse(slf: Borrowed<'_, Self>, data: Borrowed<'_>, isfinal: bool) -> PyResult<i32> {
        slf.check_idle("Parse")?;
        if text::check(data) {
            let Some(content) = text::to_string(data) else { return Err(object::convert::surrogates_not_allowed(data)) };
            slf.with_machine(Machine::force_utf8)?;
            return Self::feed(slf, content.as_bytes(), isfinal);
        }
        let content = Buffer::readable(data)?.bytes().to_vec();
        Self::feed(slf, &content, isfinal)
    }

    /// Parse XML data from a binary file-like object.
    ///
    /// Its read() method should return bytes.
    #[method("($self, file, /)")]
    #[allow(non_snake_case)]
    fn ParseFile(slf: Borrowed<'_, Self>, file: Borrowed<'_>) -> PyResult<i32> {
        slf.check_idle("ParseFile")?;
        let Some(read) = file.getattr_opt(id!("read"))? else {
            return Err(raise!(TypeError, "argument must have 'read' attribute"));
        };
        loop {
            let chunk = read.call1(int::new(2048)?.b())?;
            let content = match bytes::value(chunk.b()) {
                Some(content) => content.to_vec(),
                None if chunk.class().is_subtype(&core::BYTEARRAY) => Buffer::readable(chunk.b())?.bytes().to_vec(),
                None => {
                    let found = chunk.class().tp_name();
                    return Err(raise!(TypeError, "read() did not return a bytes object (type={found})"));
                }
            };
            if content.len() > 2048 {
                let len = content.len();
                return Err(raise!(ValueError, "read() returned too much data: 2048 bytes requested, {len} returned"));
            }
            let last = content.is_empty();
            let outcome = Self::feed(slf, &content, last)?;
            if last {
                return Ok(outcome);
            }
        }
    }

    /// Set the base URL for the parser.
    #[method("($self, base, /)")]
    #[allow(non_snake_case)]
    fn SetBase(&self, base: String) -> PyResult<()> {
        self.with_machine(|machine| machine.base = Some(base))
    }

    /// Return base URL string for the parser.
    #[method("($self, /)")]
    #[allow(non_snake_case)]
    fn GetBase(&self) -> PyResult<Option<String>> {
        self.with_machine(|machine| machine.base.clone())
    }

    /// Return the input which generated the current event as bytes.
    ///
    /// The data is in the encoding of the entity which contains the text.
    /// It extends to the end of the currently buffered input, therefore it
    /// can contain also the data of the following events, and if the event
    /// was generated by a large amount of text, not all of it may be
    /// available.
    #[method("($self, /)")]
    #[allow(non_snake_case)]
    fn GetInputContext(&self) -> PyResult<Option<Ref>> {
        let context = self.settings.context.borrow();
        let Some(window) = context.as_deref() else { return Ok(None) };
        let start = usize::try_from(self.settings.byte.get() - self.settings.context_base.get()).unwrap_or(0);
        bytes::new(window.get(start..).unwrap_or_default()).map(Some)
    }

    /// Create a parser for parsing an external entity based on the information passed to the ExternalEntityRefHandler.
    #[method("($self, context, encoding=<unrepresentable>, /)")]
    #[allow(non_snake_case)]
    fn ExternalEntityParserCreate(slf: Borrowed<'_, Self>, context: Borrowed<'_>, encoding: Option<String>) -> PyResult<Ref> {
        let context = match super::args_text(context) {
            Ok(context) => context,
            Err(found) => {
                return Err(raise!(TypeError, "ExternalEntityParserCreate() argument 1 must be str or None, not {found}"));
            }
        };
        let machine = super::state::child_machine(slf, context.is_none(), encoding)?;
        let child = Self::create(machine, slf.intern.get())?;
        for (own, other) in child.handlers.iter().zip(&slf.handlers) {
            own.set(other.get());
        }
        let (own, other) = (&child.settings, &slf.settings);
        own.ordered_attributes.set(other.ordered_attributes.get());
        own.specified_attributes.set(other.specified_attributes.get());
        own.namespace_prefixes.set(other.namespace_prefixes.get());
        own.buffer_text.set(other.buffer_text.get());
        own.buffer_size.set(other.buffer_size.get());
        own.param_parsing.set(other.param_parsing.get());
        own.deferral.set(other.deferral.get());
        own.max_amplification.set(other.max_amplification.get());
        own.activation.set(other.activation.get());
        own.is_child.set(true);
        Ok(child.upcast())
    }

    /// Controls parsing of parameter entities (including the external DTD subset).
    ///
    /// Possible flag values are XML_PARAM_ENTITY_PARSING_NEVER,
    /// XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE and
    /// XML_PARAM_ENTITY_PARSING_ALWAYS. Returns true if setting the flag
    /// was successful.
    #[method("($self, flag, /)")]
    #[allow(non_snake_case)]
    fn SetParamEntityParsing(&self, flag: i32) -> PyResult<i32> {
        let started = self.with_machine(|machine| machine.has_begun())?;
        if started {
            return Ok(0);
        }
        self.settings.param_parsing.set(flag);
        Ok(1)
    }

    /// Allows the application to provide an artificial external subset if one is not specified as part of the document instance.
    ///
    /// This readily allows the use of a 'default' document type controlled
    /// by the application, while still getting the advantage of providing
    /// document type information to the parser.  'flag' defaults to True if
    /// not provided.
    #[method("($self, flag=True, /)")]
    #[allow(non_snake_case)]
    fn UseForeignDTD(&self, flag: Option<Borrowed<'_>>) -> PyResult<()> {
        let flag = flag.map_or(Ok(true), |flag| flag.is_true())?;
        if self.with_machine(|machine| machine.has_begun())? {
            return Err(expat_error(super::errors::CANT_CHANGE_FEATURE, self.settings.line.get(), self.settings.column.get()));
        }
        self.settings.foreign_dtd.set(flag);
        Ok(())
    }

    /// Sets the number of output bytes needed to activate protection against billion laughs attacks.
    #[method("($self, threshold, /)")]
    #[allow(non_snake_case)]
    fn SetBillionLaughsAttackProtectionActivationThreshold(&self, threshold: Borrowed<'_>) -> PyResult<()> {
        let threshold = super::state::threshold(threshold)?;
        self.check_root("parser must be a root parser")?;
        self.settings.activation.set(threshold);
        Ok(())
    }

    /// Sets the maximum tolerated amplification factor for protection against billion laughs attacks.
    #[method("($self, max_factor, /)")]
    #[allow(non_snake_case)]
    fn SetBillionLaughsAttackProtectionMaximumAmplification(&self, max_factor: f64) -> PyResult<()> {
        self.check_root("parser must be a root parser")?;
        if max_factor.is_nan() || max_factor < 1.0 {
            return Err(super::state::expat_message("'max_factor' must be at least 1.0"));
        }
        self.settings.max_amplification.set(max_factor);
        Ok(())
    }

    /// Enable/Disable reparse deferral; enabled by default with Expat >=2.6.0.
    #[method("($self, enabled, /)")]
    #[allow(non_snake_case)]
    fn SetReparseDeferralEnabled(&self, enabled: bool) {
        self.settings.deferral.set(enabled);
    }

    /// Retrieve reparse deferral enabled status; always returns false with Expat <2.6.0.
    #[method("($self, /)")]
    #[allow(non_snake_case)]
    fn GetReparseDeferralEnabled(&self) -> bool {
        self.settings.deferral.get()
    }

    #[getter(name = "ErrorCode")]
    fn error_code(&self) -> i32 {
        self.settings.error.get()
    }

    #[getter(name = "ErrorLineNumber")]
    fn error_line(&self) -> u64 {
        self.settings.line.get()
    }

    #[getter(name = "ErrorColumnNumber")]
    fn error_column(&self) -> u64 {
        self.settings.column.get()
    }

    #[getter(name = "ErrorByteIndex")]
    fn error_byte(&self) -> i64 {
        self.settings.byte.get()
    }

    #[getter(name = "CurrentLineNumber")]
    fn current_line(&self) -> u64 {
        self.settings.line.get()
    }

    #[getter(name = "CurrentColumnNumber")]
    fn current_column(&self) -> u64 {
        self.settings.column.get()
    }

    #[getter(name = "CurrentByteIndex")]
    fn current_byte(&self) -> i64 {
        self.settings.byte.get()
    }

    #[getter]
    fn buffer_size(&self) -> usize {
        self.settings.buffer_size.get()
    }

    #[setter(name = "buffer_size")]
    fn set_buffer_size(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(RuntimeError, "Cannot delete attribute")) };
        if !int::check(value) {
            return Err(raise!(TypeError, "buffer_size must be an integer"));
        }
        let size = value.as_i64()?;
        match usize::try_from(size).ok().filter(|size| *size > 0) {
            None => Err(raise!(ValueError, "buffer_size must be greater than zero")),
            Some(size) if size > i32::MAX as usize => {
                Err(raise!(ValueError, "buffer_size must not be greater than {}", i32::MAX))
            }
            Some(size) => {
                if size != self.settings.buffer_size.get() {
                    self.flush_text()?;
                }
                self.settings.buffer_size.set(size);
                Ok(())
            }
        }
    }

    #[getter]
    fn buffer_text(&self) -> bool {
        self.settings.buffer_text.get()
    }

    #[setter(name = "buffer_text")]
    fn set_buffer_text(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let was = self.settings.buffer_text.get();
        flag(&self.settings.buffer_text, value)?;
        if was && !self.settings.buffer_text.get() { self.flush_text() } else { Ok(()) }
    }

    #[getter]
    fn buffer_used(&self) -> usize {
        self.settings.buffer.borrow().len()
    }

    #[getter]
    fn namespace_prefixes(&self) -> bool {
        self.settings.namespace_prefixes.get()
    }

    #[setter(name = "namespace_prefixes")]
    fn set_namespace_prefixes(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        flag(&self.settings.namespace_prefixes, value)
    }

    #[getter]
    fn ordered_attributes(&self) -> bool {
        self.settings.ordered_attributes.get()
    }

    #[setter(name = "ordered_attributes")]
    fn set_ordered_attributes(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        flag(&self.settings.ordered_attributes, value)
    }

    #[getter]
    fn specified_attributes(&self) -> bool {
        self.settings.specified_attributes.get()
    }

    #[setter(name = "specified_attributes")]
    fn set_specified_attributes(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        flag(&self.settings.specified_attributes, value)
    }
}

/// The 256 characters of a one-byte encoding that Python knows.
pub fn python_table(name: &str) -> PyResult<Option<Box<[Option<char>; 256]>>> {
    let all: Vec<u8> = (0..=255).collect();
    let encoding = text::new(name)?;
    let decoded = builtins::codecs::decode(bytes::new(&all)?.b(), Some(encoding.b()), Some(id!("replace")))?;
    let Some(data) = text::data(decoded.b()) else { return Ok(None) };
    if data.len() != 256 {
        return Err(multi_byte());
    }
    let mut table = Box::new([None; 256]);
    for (place, code) in table.iter_mut().zip(data.iter()) {
        *place = char::from_u32(code).filter(|code| *code != '\u{FFFD}');
    }
    // Markup must be where ASCII has it: without that no declaration could be read.
    let ascii = (0x20..0x7F).all(|code: u8| table.get(usize::from(code)).copied().flatten() == Some(char::from(code)));
    // Nor may other bytes stand for what ASCII has.
    let doubled = table.iter().skip(0x80).flatten().any(char::is_ascii);
    Ok((ascii && !doubled).then_some(table))
}
