//! `Pickler`: the object, its attributes, and a run of `dump`.

use super::memo::Memo;
use super::opcode::{HIGHEST_PROTOCOL, PROTO, STOP};
use super::output::Output;
use super::proxy::PicklerMemoProxy;
use super::state::pickling_error;
use builtins::dict::Dict;
use macros::{pyclass, pymethods};
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, Visit, core, error, id, memory, raise};
use std::cell::{Cell, RefCell};

/// This takes a binary file for writing a pickle data stream.
///
/// The optional *protocol* argument tells the pickler to use the given
/// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
/// protocol is 5. It was introduced in Python 3.8, and is incompatible
/// with previous versions.
///
/// Specifying a negative protocol version selects the highest protocol
/// version supported.  The higher the protocol used, the more recent the
/// version of Python needed to read the pickle produced.
///
/// The *file* argument must have a write() method that accepts a single
/// bytes argument. It can thus be a file object opened for binary
/// writing, an io.BytesIO instance, or any other custom object that meets
/// this interface.
///
/// If *fix_imports* is True and protocol is less than 3, pickle will try
/// to map the new Python 3 names to the old module names used in Python
/// 2, so that the pickle data stream is readable with Python 2.
///
/// If *buffer_callback* is None (the default), buffer views are
/// serialized into *file* as part of the pickle stream.
///
/// If *buffer_callback* is not None, then it can be called any number
/// of times with a buffer view.  If the callback returns a false value
/// (such as None), the given buffer is out-of-band; otherwise the
/// buffer is serialized in-band, i.e. inside the pickle stream.
///
/// It is an error if *buffer_callback* is not None and *protocol*
/// is None or smaller than 5.
#[pyclass(
    name = "Pickler",
    module = "_pickle",
    sig = "(file, protocol=None, fix_imports=True, buffer_callback=None)",
    flags(BASETYPE),
    gc = manual,
    basicsize = 152
)]
pub struct Pickler {
    head: abi::PyObject,
    #[member(T_INT)]
    bin: Cell<i32>,
    #[member(T_INT)]
    fast: Cell<i32>,
    #[member(T_OBJECT_EX)]
    dispatch_table: OptRef,
    /// What was assigned to `persistent_id`.
    persistent_id: OptRef,
    write: OptRef,
    pub buffer_callback: OptRef,
    pub proto: Cell<i32>,
    pub fix_imports: Cell<bool>,
    running: Cell<bool>,
    /// Set by `__init__`: there is something to write to.
    ready: Cell<bool>,
    pub parts: Box<Parts>,
}

const _: () = assert!(size_of::<Pickler>() <= 152);

/// What a pickler has in memory of its own.
#[derive(Default)]
pub struct Parts {
    pub memo: RefCell<Option<Memo>>,
    pub output: RefCell<Option<Output>>,
    /// Containers under way in fast mode, and how deep it is in them.
    pub fast_path: RefCell<Vec<usize>>,
}

/// How a pickle is to be written.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    pub protocol: Option<Borrowed<'a>>,
    pub fix_imports: bool,
    pub buffer_callback: Option<Borrowed<'a>>,
}

/// While this lives, its pickler or unpickler is in use.
pub struct InUse<'a>(&'a Cell<bool>);

impl<'a> InUse<'a> {
    /// Marks the object as in use; RuntimeError if it is already.
    pub fn enter(flag: &'a Cell<bool>, what: &str) -> PyResult<InUse<'a>> {
        if flag.replace(true) {
            return Err(raise!(RuntimeError, "{what} object is already used"));
        }
        Ok(InUse(flag))
    }
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Pickler {
    /// A pickler without a file.
    pub fn create(class: &TypeObject) -> PyResult<Ref<Pickler>> {
        let parts = Parts::default();
        *parts.memo.borrow_mut() = Some(Memo::new()?);
        let value = Pickler {
            head: crate::header(),
            bin: Cell::new(0),
            fast: Cell::new(0),
            dispatch_table: OptRef::none(),
            persistent_id: OptRef::none(),
            write: OptRef::none(),
            buffer_callback: OptRef::none(),
            proto: Cell::new(0),
            fix_imports: Cell::new(false),
            running: Cell::new(false),
            ready: Cell::new(false),
            parts: Box::new(parts),
        };
        memory::new_instance(class, value)
    }

    /// Sets protocol and what depends on it.
    pub fn set_options(&self, options: Options<'_>) -> PyResult<()> {
        let given = options.protocol.filter(|protocol| !protocol.is(&core::none()));
        let protocol = match given {
            None => HIGHEST_PROTOCOL,
            Some(protocol) => match i32::try_from(protocol.as_i64()?) {
                Ok(protocol) if protocol < 0 => HIGHEST_PROTOCOL,
                Ok(protocol) if protocol <= HIGHEST_PROTOCOL => protocol,
                Ok(_) => return Err(raise!(ValueError, "pickle protocol must be <= {HIGHEST_PROTOCOL}")),
                Err(_) => return Err(raise!(OverflowError, "Python int too large to convert to C int")),
            },
        };
        let callback = options.buffer_callback.filter(|callback| !callback.is(&core::none()));
        if callback.is_some() && protocol < 5 {
            return Err(raise!(ValueError, "buffer_callback needs protocol >= 5"));
        }
        self.proto.set(protocol);
        self.bin.set(i32::from(protocol > 0));
        self.fix_imports.set(options.fix_imports && protocol < 3);
        self.buffer_callback.set(callback.map(Borrowed::to_ref));
        *self.parts.output.borrow_mut() = Some(Output::new()?);
        self.ready.set(true);
        Ok(())
    }

    /// Takes the file's `write`.
    pub fn set_file(&self, file: Borrowed<'_>) -> PyResult<()> {
        match file.getattr_opt(id!("write"))? {
            Some(write) if !write.is(&core::none()) => {
                self.write.set(Some(write));
                Ok(())
            }
            _ => Err(raise!(TypeError, "file must have a 'write' attribute")),
        }
    }

    /// Looks whether the class (or the instance) has a `dispatch_table`.
    fn take_dispatch_table(slf: Borrowed<'_, Self>) -> PyResult<()> {
        let table = slf.object().getattr_opt(id!("dispatch_table"))?;
        slf.dispatch_table.set(table);
        Ok(())
    }

    pub fn is_binary(&self) -> bool {
        self.bin.get() != 0
    }

    pub fn is_fast(&self) -> bool {
        self.fast.get() != 0
    }

    /// The private table of reducers.
    pub fn private_table(&self) -> Option<Ref> {
        self.dispatch_table.get()
    }

    /// Adds bytes to the output.
    pub fn put(&self, bytes: &[u8]) -> PyResult<()> {
        match self.parts.output.borrow_mut().as_mut() {
            Some(output) => output.put(bytes),
            None => Err(error::bad_internal_call()),
        }
    }

    /// Closes a frame that is long enough, and hands it to the file.
    pub fn boundary(&self) -> PyResult<()> {
        let full = self.parts.output.borrow_mut().as_mut().is_some_and(Output::close_full_frame);
        if full { self.flush() } else { Ok(()) }
    }

    /// Hands what was written to the file, if there is one.
    fn flush(&self) -> PyResult<()> {
        let Some(write) = self.write.get() else { return Ok(()) };
        let pending = self.parts.output.borrow_mut().as_mut().map(Output::take).unwrap_or_default();
        write.call1(bytes::new(&pending)?.b())?;
        Ok(())
    }

    /// Writes a header and long content outside of any frame; the content goes to the file as it is.
    pub fn put_large(&self, header: &[u8], content: &[u8], object: Option<Borrowed<'_>>) -> PyResult<()> {
        let framing = {
            let mut output = self.parts.output.borrow_mut();
            let Some(output) = output.as_mut() else { return Err(error::bad_internal_call()) };
            let framing = output.is_framing();
            output.set_framing(false);
            output.put(header)?;
            framing
        };
        let outcome = match self.write.get() {
            Some(write) => self.flush().and_then(|()| {
                let made = object.map_or_else(|| bytes::new(content), |object| Ok(object.to_ref()))?;
                write.call1(made.b()).map(drop)
            }),
            None => self.put(content),
        };
        if let Some(output) = self.parts.output.borrow_mut().as_mut() {
            output.set_framing(framing);
        }
        outcome
    }

    /// Runs the pickler on one object.
    pub fn run(slf: Borrowed<'_, Self>, object: Borrowed<'_>) -> PyResult<()> {
        let outcome = Self::run_inner(slf, object);
        slf.parts.fast_path.borrow_mut().clear();
        outcome
    }

    fn run_inner(slf: Borrowed<'_, Self>, object: Borrowed<'_>) -> PyResult<()> {
        let proto = slf.proto.get();
        if proto >= 2 {
            slf.put(&[PROTO, u8::try_from(proto).unwrap_or(0)])?;
        }
        let set_framing = |framing| {
            if let Some(output) = slf.parts.output.borrow_mut().as_mut() {
                output.set_framing(framing);
            }
        };
        set_framing(proto >= 4);
        let session = super::save::Session::new(slf)?;
        let outcome = session.save(object).and_then(|()| slf.put(&[STOP]));
        set_framing(false);
        outcome
    }

    /// Runs the pickler on one object and hands all to the file.
    pub fn dump_now(slf: Borrowed<'_, Self>, object: Borrowed<'_>) -> PyResult<()> {
        // What a run that failed has left is not part of this pickle.
        drop(slf.take_output());
        Self::run(slf, object)?;
        slf.flush()
    }

    /// What was written, for `dumps`.
    pub fn take_output(&self) -> Vec<u8> {
        self.parts.output.borrow_mut().as_mut().map(Output::take).unwrap_or_default()
    }

    /// The `persistent_id` that is to be asked about every object: none where it is the class's own, which knows nothing.
    pub fn persistent_function(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        if let Some(assigned) = slf.persistent_id.get() {
            return Ok(Some(assigned));
        }
        let object = slf.object();
        let own = <Self as object::StaticType>::type_object();
        if object.class().is_type(own) {
            return Ok(None);
        }
        let name = id!("persistent_id");
        match (object.class().type_lookup(name), own.type_lookup(name)) {
            (Some(found), Some(base)) if found.is(&base) => Ok(None),
            _ => object.getattr(name).map(Some),
        }
    }

    /// Puts another memo in the place of the old one.
    fn replace_memo(&self, memo: Memo) {
        let old = self.parts.memo.borrow_mut().replace(memo);
        drop(old);
    }

    pub fn clear_memo_now(&self) -> PyResult<()> {
        let old = match self.parts.memo.borrow_mut().as_mut() {
            Some(memo) => Some(memo.clear()?),
            None => None,
        };
        drop(old);
        Ok(())
    }

    /// `{id: (number, object)}`.
    pub fn memo_dict(&self) -> PyResult<Ref> {
        let entries = self.parts.memo.borrow().as_ref().map_or(Ok(Vec::new()), Memo::entries)?;
        let dict = Dict::new()?;
        for (object, number) in entries {
            let key = object::value::int::from_u64(object.ptr().addr() as u64)?;
            let pair = tuple::from_array([object::value::int::from_u64(number as u64)?, object])?;
            dict.set(key.b(), pair.b())?;
        }
        Ok(dict.upcast())
    }
}

#[pymethods]
impl Pickler {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Self::create(&cls).map(Ref::upcast)
    }

    #[slot(tp_init, "(file, protocol=None, fix_imports=True, buffer_callback=None)")]
    fn init(
        slf: Borrowed<'_, Self>,
        file: Borrowed<'_>,
        protocol: Option<Borrowed<'_>>,
        fix_imports: bool,
        buffer_callback: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let _in_use = InUse::enter(&slf.running, "Pickler")?;
        slf.ready.set(false);
        slf.fast.set(0);
        slf.set_options(Options { protocol, fix_imports, buffer_callback }).inspect_err(|_| slf.ready.set(false))?;
        slf.set_file(file).inspect_err(|_| slf.ready.set(false))?;
        slf.replace_memo(Memo::new()?);
        Self::take_dispatch_table(slf)
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        for field in [&self.dispatch_table, &self.persistent_id, &self.write, &self.buffer_callback] {
            visit.raw(field.as_ptr());
        }
        if let Ok(memo) = self.parts.memo.try_borrow()
            && let Some(memo) = memo.as_ref()
        {
            memo.trace(visit);
        }
    }

    #[slot(tp_clear)]
    fn clear(&self) {
        for field in [&self.dispatch_table, &self.persistent_id, &self.write, &self.buffer_callback] {
            field.set(None);
        }
        let memo = self.parts.memo.take();
        drop(memo);
    }

    #[slot(tp_getattro)]
    fn getattro(slf: Borrowed<'_, Self>, name: Borrowed<'_>) -> PyResult<Ref> {
        if text::eq_str(name, "persistent_id")
            && let Some(assigned) = slf.persistent_id.get()
        {
            return Ok(assigned);
        }
        builtins::object_::getattr::get(slf.object(), name)
    }

    #[slot(tp_setattro)]
    fn setattro(slf: Borrowed<'_, Self>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        if text::eq_str(name, "persistent_id") {
            return assign_method(&slf.persistent_id, slf.object(), name, value);
        }
        builtins::object_::getattr::set(slf.object(), name, value)
    }

    #[method("($self, obj, /)")]
    fn persistent_id(&self, _obj: Borrowed<'_>) {}

    /// Write a pickled representation of the given object to the open file.
    #[method("($self, obj, /)")]
    fn dump(slf: Borrowed<'_, Self>, obj: Borrowed<'_>) -> PyResult<()> {
        if !slf.ready.get() || slf.write.is_none() {
            let object = slf.object();
            let class = object.class().short_name();
            return Err(pickling_error(&format!("Pickler.__init__() was not called by {class}.__init__()")));
        }
        let _in_use = InUse::enter(&slf.running, "Pickler")?;
        Self::dump_now(slf, obj)
    }

    /// Clears the pickler's "memo".
    ///
    /// The memo is the data structure that remembers which objects the
    /// pickler has already seen, so that shared or recursive objects are
    /// pickled by reference and not by value.  This method is useful when
    /// re-using picklers.
    #[method("($self, /)")]
    fn clear_memo(&self) -> PyResult<()> {
        self.clear_memo_now()
    }

    /// Returns size in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(slf: Borrowed<'_, Self>) -> usize {
        let object = slf.object();
        let own = object.class().raw().tp_basicsize.get().max(0).cast_unsigned();
        let memo = slf.parts.memo.borrow().as_ref().map_or(0, Memo::size_of);
        own + memo + slf.parts.output.borrow().as_ref().map_or(0, Output::size_of)
    }

    #[getter]
    fn memo(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        PicklerMemoProxy::of(slf)
    }

    #[setter]
    fn set_memo(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(raise!(TypeError, "attribute deletion is not supported"));
        };
        let entries = if let Some(proxy) = value.downcast::<PicklerMemoProxy>() {
            let pickler = proxy.pickler()?;
            let entries = pickler.parts.memo.borrow().as_ref().map_or(Ok(Vec::new()), Memo::entries)?;
            entries
        } else if let Some(dict) = value.downcast::<Dict>() {
            let mut entries = Vec::new();
            for (_, pair) in dict.iter() {
                let Some([number, object]) = tuple::items(pair.b()) else {
                    return Err(raise!(TypeError, "'memo' values must be 2-item tuples"));
                };
                if !object::value::int::check(*number) {
                    return Err(raise!(TypeError, "an integer is required"));
                }
                entries.push((object.to_ref(), usize::try_from(number.as_isize()?).unwrap_or(usize::MAX)));
            }
            entries
        } else {
            let found = value.class().tp_name();
            return Err(raise!(TypeError, "'memo' attribute must be a PicklerMemoProxy object or dict, not {found}"));
        };
        let mut memo = Memo::new()?;
        entries.into_iter().try_for_each(|(object, number)| memo.set(object, number))?;
        self.replace_memo(memo);
        Ok(())
    }
}

/// Assigns to, or deletes, a method that instances may have of their own.
pub fn assign_method(field: &OptRef, object: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    if value.is_none() && field.is_none() {
        return builtins::object_::getattr::set(object, name, None);
    }
    field.set(value.map(Borrowed::to_ref));
    Ok(())
}
