//! What of the program's file only the loader reads.

use std::ffi::c_void;

/// What the system's pages have at least.
const PAGE: usize = 4096;

/// Gives the memory of the tables of symbols back, 128 KiB, which the loader went through to link the program with the C library. They stand in a part of the
/// file by themselves, and come again when somebody needs them (when a library is opened). To be called once, early.
pub fn give_back_tables() {
    resolve_lazy();
    let Some((start, length)) = tables() else { return };
    // SAFETY: the range is mapped from the program's file and never written; what is read there later comes from the file again.
    unsafe { libc::madvise(start, length, libc::MADV_DONTNEED) };
}

/// The part of the program that has its own head and nothing that is run or written: its start and its length in bytes.
fn tables() -> Option<(*mut c_void, usize)> {
    // SAFETY: plain calls.
    let (heads, count) = unsafe { (libc::getauxval(libc::AT_PHDR), libc::getauxval(libc::AT_PHNUM)) };
    let (address, count) = (usize::try_from(heads).ok()?, usize::try_from(count).ok()?);
    let first = std::ptr::with_exposed_provenance::<libc::Elf64_Phdr>(address);
    if first.is_null() || !first.is_aligned() {
        return None;
    }
    // SAFETY: the kernel says that so many heads stand there, for the life of the process.
    let heads = unsafe { std::slice::from_raw_parts(first, count) };
    let own = heads.iter().find(|head| head.p_type == libc::PT_PHDR)?;
    let moved = address.wrapping_sub(usize::try_from(own.p_vaddr).ok()?);
    heads.iter().filter(|head| head.p_type == libc::PT_LOAD && head.p_flags == libc::PF_R).find_map(|head| {
        let start = usize::try_from(head.p_vaddr).ok()?.wrapping_add(moved);
        let length = usize::try_from(head.p_memsz).ok()?;
        let holds_own = (start..start.checked_add(length)?).contains(&address);
        (holds_own && start.is_multiple_of(PAGE)).then(|| (std::ptr::with_exposed_provenance_mut(start), length))
    })
}

/// What the C library itself looks up at its first call would need the tables once more: the function for values of a thread that have a destructor.
fn resolve_lazy() {
    struct Value;
    impl Drop for Value {
        fn drop(&mut self) {}
    }
    thread_local! {
        static VALUE: Value = const { Value };
    }
    let _gone = VALUE.try_with(|_| {});
}
