//! `_hmac`: keyed hashing for message authentication (CPython's `hmacmodule.c`; the construction is RFC 2104's).

use crate::algorithm::{Algorithm, State};
use crate::input::{Input, hex};
use object::shared::Shared;
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, StaticType, core, error, exc, gil, memory, thread};

/// The exception of an algorithm that is not known.
#[derive(Default)]
struct Errors {
    unknown: OptRef,
}

fn unknown_class() -> PyResult<Ref> {
    let place = &thread::current().interpreter().extensions.get::<Errors>().unknown;
    if let Some(class) = place.get() {
        return Ok(class);
    }
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("__module__", text::new("_hmac")?.b())?;
    let bases = tuple::from_slice(&[exc::ValueError.borrowed()])?;
    let class = core::TYPE.borrowed().call(&[text::new("UnknownHashError")?.b(), bases.b(), namespace.b()])?;
    place.set(Some(class.clone()));
    Ok(class)
}

#[cold]
fn unknown(digest: Borrowed<'_>) -> Raised {
    let made = (|| {
        let mut message = text::Builder::new();
        message.push_str("unsupported hash type: ")?;
        message.push_object(digest.repr()?.b())?;
        unknown_class()?.call1(message.finish()?.b())
    })();
    match made {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// The algorithm of a name, in any case; `sha2_` stands for the family of SHA-2, and `_32` behind BLAKE2 for the width of its keys.
fn find(digest: Borrowed<'_>) -> PyResult<Algorithm> {
    if !text::check(digest) {
        return Err(unknown(digest));
    }
    let Some(name) = text::to_string(digest) else { return Err(object::convert::surrogates_not_allowed(digest)) };
    let name = name.to_ascii_lowercase();
    let plain = match (name.strip_prefix("sha2_"), name.strip_suffix("_32")) {
        (Some(size), _) => format!("sha{size}"),
        (_, Some(blake)) if blake.starts_with("blake2") => blake.to_owned(),
        _ => name,
    };
    Algorithm::FIXED.iter().copied().find(|algorithm| algorithm.name() == plain).ok_or_else(|| unknown(digest))
}

/// The inner and the outer hash, each after its padded key.
#[derive(Clone)]
pub struct Mac {
    inner: State,
    outer: State,
}

impl Mac {
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Mac {
        let block = algorithm.block_size();
        let mut padded = if key.len() > block {
            let mut state = algorithm.start();
            state.update(key);
            state.finish()
        } else {
            key.to_vec()
        };
        padded.resize(block, 0);
        let start = |pad: u8| {
            let mut state = algorithm.start();
            state.update(&padded.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>());
            state
        };
        Mac { inner: start(0x36), outer: start(0x5C) }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    pub fn finish(self) -> Vec<u8> {
        let mut outer = self.outer;
        outer.update(&self.inner.finish());
        outer.finish()
    }
}

/// The whole in one go.
fn compute(algorithm: Algorithm, key: &Input, message: &Input) -> Vec<u8> {
    let (key, message) = (key.bytes(), message.bytes());
    let work = || {
        let mut mac = Mac::new(algorithm, key);
        mac.update(message);
        mac.finish()
    };
    if key.len().max(message.len()) < crate::GIL_MINSIZE { work() } else { gil::without(work) }
}

#[macros::pyclass(name = "HMAC", module = "_hmac", flags(DISALLOW_INSTANTIATION))]
pub struct Hmac {
    head: abi::PyObject,
    algorithm: Algorithm,
    mac: Shared<Mac>,
}

impl Hmac {
    fn create(algorithm: Algorithm, mac: Mac) -> PyResult<Ref> {
        let value = Hmac { head: crate::header(), algorithm, mac: Shared::new(mac) };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }
}

#[macros::pymethods]
impl Hmac {
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> String {
        format!("<{} HMAC object @ 0x{:x}>", slf.algorithm.name(), slf.object().as_ptr().addr())
    }

    /// Return a copy ("clone") of the HMAC object.
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref> {
        Self::create(self.algorithm, self.mac.with(false, |state| state.clone()))
    }

    /// Update the HMAC object with the given message.
    #[method("($self, /, msg)")]
    fn update(&self, msg: Input) {
        let bytes = msg.bytes();
        self.mac.with(bytes.len() >= crate::GIL_MINSIZE, |mac| mac.update(bytes));
    }

    /// Return the digest of the bytes passed to the update() method so far.
    ///
    /// This method may raise a MemoryError.
    #[method("($self, /)")]
    fn digest(&self) -> Vec<u8> {
        self.mac.with(false, |state| state.clone()).finish()
    }

    /// Return hexadecimal digest of the bytes passed to the update() method so far.
    ///
    /// This may be used to exchange the value safely in email or other
    /// non-binary environments.
    ///
    /// This method may raise a MemoryError.
    #[method("($self, /)")]
    fn hexdigest(&self) -> String {
        hex(&self.mac.with(false, |state| state.clone()).finish())
    }

    #[getter]
    fn name(&self) -> String {
        format!("hmac-{}", self.algorithm.name())
    }

    #[getter]
    fn block_size(&self) -> usize {
        self.algorithm.block_size()
    }

    #[getter]
    fn digest_size(&self) -> usize {
        self.algorithm.digest_size()
    }
}

macro_rules! one_shot {
    ($($python:ident $algorithm:ident;)*) => {
        #[macros::pymodule(part)]
        pub(crate) mod one_shots {
            use crate::algorithm::Algorithm;
            use crate::input::Input;
            $(
                #[pyfunction("($module, key, msg, /)")]
                fn $python(key: Input, msg: Input) -> Vec<u8> {
                    super::compute(Algorithm::$algorithm, &key, &msg)
                }
            )*
        }
    };
}

one_shot! {
    compute_md5 Md5;
    compute_sha1 Sha1;
    compute_sha224 Sha224;
    compute_sha256 Sha256;
    compute_sha384 Sha384;
    compute_sha512 Sha512;
    compute_sha3_224 Sha3_224;
    compute_sha3_256 Sha3_256;
    compute_sha3_384 Sha3_384;
    compute_sha3_512 Sha3_512;
    compute_blake2b_32 Blake2b;
    compute_blake2s_32 Blake2s;
}

#[macros::pymodule(name = "_hmac", parts(super::one_shots))]
pub mod module {
    use super::{Hmac, Mac, compute, find, unknown_class};
    use crate::input::Input;
    use object::{Borrowed, PyResult, Ref, core, gil, raise};

    #[pyattr]
    const _GIL_MINSIZE: usize = crate::GIL_MINSIZE;

    #[pytype]
    type A = super::Hmac;

    #[pyattr(name = "UnknownHashError")]
    fn unknown() -> PyResult<Ref> {
        unknown_class()
    }

    /// Return a new HMAC object.
    #[pyfunction("($module, /, key, msg=None, digestmod=None)")]
    fn new(key: Borrowed<'_>, msg: Option<Borrowed<'_>>, digestmod: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(digestmod) = digestmod else {
            return Err(raise!(TypeError, "new() missing 1 required argument 'digestmod'"));
        };
        let algorithm = find(digestmod)?;
        let key = Input::get(key)?;
        let message = msg.filter(|msg| !msg.is(&core::none())).map(Input::get).transpose()?;
        let (key, message) = (key.bytes(), message.as_ref().map_or(&[][..], Input::bytes));
        let start = || {
            let mut mac = Mac::new(algorithm, key);
            mac.update(message);
            mac
        };
        let mac = if key.len().max(message.len()) < crate::GIL_MINSIZE { start() } else { gil::without(start) };
        Hmac::create(algorithm, mac)
    }

    #[pyfunction("($module, /, key, msg, digest)")]
    fn compute_digest(key: Borrowed<'_>, msg: Borrowed<'_>, digest: Borrowed<'_>) -> PyResult<Vec<u8>> {
        let algorithm = find(digest)?;
        Ok(compute(algorithm, &Input::get(key)?, &Input::get(msg)?))
    }
}
