//! `_pickle`: objects as byte streams and back, protocols 0 to 5 (PEP 307, 3154, 574).
//!
//! `save*` write an object with a [`pickler::Pickler`], `load*` run the stack machine of an [`unpickler::Unpickler`]. Both may run any
//! Python code at any step: nothing of a pickler stays borrowed meanwhile.

mod buffer;
mod input;
mod load;
mod load_build;
mod load_data;
mod memo;
mod opcode;
mod output;
mod pickler;
mod proxy;
mod save;
mod save_container;
mod save_global;
mod save_reduce;
mod state;
mod unpickler;

use object::value::bytes;
use object::{Borrowed, PyResult, Ref, StaticType};
use pickler::{Options, Pickler};
use unpickler::Unpickler;

fn dumped(object: Borrowed<'_>, options: Options<'_>) -> PyResult<Ref> {
    let pickler = Pickler::create(Pickler::type_object())?;
    pickler.set_options(options)?;
    Pickler::run(pickler.borrow(), object)?;
    bytes::new(&pickler.take_output())
}

fn dumped_to(object: Borrowed<'_>, file: Borrowed<'_>, options: Options<'_>) -> PyResult<()> {
    let pickler = Pickler::create(Pickler::type_object())?;
    pickler.set_options(options)?;
    pickler.set_file(file)?;
    Pickler::dump_now(pickler.borrow(), object)
}

struct Reading<'a> {
    fix_imports: bool,
    encoding: String,
    errors: String,
    buffers: Option<Borrowed<'a>>,
}

fn loaded(reading: Reading<'_>, set_source: impl FnOnce(&Unpickler) -> PyResult<()>) -> PyResult<Ref> {
    let unpickler = Unpickler::create(Unpickler::type_object())?;
    set_source(&unpickler)?;
    unpickler.set_options(reading.fix_imports, reading.encoding, reading.errors, reading.buffers)?;
    Unpickler::run(unpickler.borrow())
}

/// Optimized C implementation for the Python pickle module.
#[macros::pymodule(name = "_pickle")]
pub mod module {
    use super::buffer::PickleBuffer;
    use super::pickler::{Options, Pickler};
    use super::proxy::{PicklerMemoProxy, UnpicklerMemoProxy};
    use super::state::{held, init, state};
    use super::unpickler::Unpickler;
    use super::{Reading, dumped, dumped_to, loaded};
    use object::spec::TypeEntry;
    use object::value::str as text;
    use object::{Borrowed, PyResult, Ref};

    #[pytype]
    type ExposedBuffer = PickleBuffer;
    #[pytype]
    type ExposedPickler = Pickler;
    #[pytype]
    type ExposedUnpickler = Unpickler;

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        builtins::type_::ready::ready_static(&TypeEntry::of::<PicklerMemoProxy>())?;
        builtins::type_::ready::ready_static(&TypeEntry::of::<UnpicklerMemoProxy>())?;
        init()?;
        let state = state();
        module.setattr(text::new("PickleError")?.b(), held(&state.pickle_error)?.b())?;
        module.setattr(text::new("PicklingError")?.b(), held(&state.pickling_error)?.b())?;
        module.setattr(text::new("UnpicklingError")?.b(), held(&state.unpickling_error)?.b())
    }

    /// Write a pickled representation of obj to the open file object file.
    ///
    /// This is equivalent to ``Pickler(file, protocol).dump(obj)``, but may
    /// be more efficient.
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
    /// bytes argument.  It can thus be a file object opened for binary
    /// writing, an io.BytesIO instance, or any other custom object that meets
    /// this interface.
    ///
    /// If *fix_imports* is True and protocol is less than 3, pickle will try
    /// to map the new Python 3 names to the old module names used in Python
    /// 2, so that the pickle data stream is readable with Python 2.
    ///
    /// If *buffer_callback* is None (the default), buffer views are serialized
    /// into *file* as part of the pickle stream.  It is an error if
    /// *buffer_callback* is not None and *protocol* is None or smaller than 5.
    #[pyfunction("($module, /, obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)")]
    fn dump(
        obj: Borrowed<'_>,
        file: Borrowed<'_>,
        protocol: Option<Borrowed<'_>>,
        fix_imports: bool,
        buffer_callback: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        dumped_to(obj, file, Options { protocol, fix_imports, buffer_callback })
    }

    /// Return the pickled representation of the object as a bytes object.
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
    /// If *fix_imports* is True and *protocol* is less than 3, pickle will
    /// try to map the new Python 3 names to the old module names used in
    /// Python 2, so that the pickle data stream is readable with Python 2.
    ///
    /// If *buffer_callback* is None (the default), buffer views are serialized
    /// into *file* as part of the pickle stream.  It is an error if
    /// *buffer_callback* is not None and *protocol* is None or smaller than 5.
    #[pyfunction("($module, /, obj, protocol=None, *, fix_imports=True, buffer_callback=None)")]
    fn dumps(
        obj: Borrowed<'_>,
        protocol: Option<Borrowed<'_>>,
        fix_imports: bool,
        buffer_callback: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        dumped(obj, Options { protocol, fix_imports, buffer_callback })
    }

    /// Read and return an object from the pickle data stored in a file.
    ///
    /// This is equivalent to ``Unpickler(file).load()``, but may be more
    /// efficient.
    ///
    /// The protocol version of the pickle is detected automatically, so no
    /// protocol argument is needed.  Bytes past the pickled object's
    /// representation are ignored.
    ///
    /// The argument *file* must have two methods, a read() method that takes
    /// an integer argument, and a readline() method that requires no
    /// arguments.  Both methods should return bytes.  Thus *file* can be a
    /// binary file object opened for reading, an io.BytesIO object, or any
    /// other custom object that meets this interface.
    ///
    /// Optional keyword arguments are *fix_imports*, *encoding* and *errors*,
    /// which are used to control compatibility support for pickle stream
    /// generated by Python 2.  If *fix_imports* is True, pickle will try to
    /// map the old Python 2 names to the new names used in Python 3.  The
    /// *encoding* and *errors* tell pickle how to decode 8-bit string
    /// instances pickled by Python 2; these default to 'ASCII' and 'strict',
    /// respectively.  The *encoding* can be 'bytes' to read these 8-bit
    /// string instances as bytes objects.
    #[pyfunction("($module, /, file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())")]
    fn load(
        file: Borrowed<'_>,
        fix_imports: bool,
        encoding: String,
        errors: String,
        buffers: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        loaded(Reading { fix_imports, encoding, errors, buffers }, |unpickler| unpickler.parts.input.set_file(file))
    }

    /// Read and return an object from the given pickle data.
    ///
    /// The protocol version of the pickle is detected automatically, so no
    /// protocol argument is needed.  Bytes past the pickled object's
    /// representation are ignored.
    ///
    /// Optional keyword arguments are *fix_imports*, *encoding* and *errors*,
    /// which are used to control compatibility support for pickle stream
    /// generated by Python 2.  If *fix_imports* is True, pickle will try to
    /// map the old Python 2 names to the new names used in Python 3.  The
    /// *encoding* and *errors* tell pickle how to decode 8-bit string
    /// instances pickled by Python 2; these default to 'ASCII' and 'strict',
    /// respectively.  The *encoding* can be 'bytes' to read these 8-bit
    /// string instances as bytes objects.
    #[pyfunction("($module, data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())")]
    fn loads(
        data: Borrowed<'_>,
        fix_imports: bool,
        encoding: String,
        errors: String,
        buffers: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        loaded(Reading { fix_imports, encoding, errors, buffers }, |unpickler| unpickler.parts.input.set_bytes(data))
    }
}
