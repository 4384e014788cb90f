//! The rings in which tracked objects hang, and the words of their headers while a collection runs.
//!
//! Outside a collection `prev` is an address with flags in its two low bits. During one, for the objects that take part, the upper
//! bits of `prev` hold a copy of the reference count, and bit 0 of `next` marks what seems unreachable.

use super::{COLLECTING, FINALIZED, FLAGS};
use crate::memory::GcHeader;
use abi::PyObject;

/// Mark in `next`: the object is in the list of what seems unreachable.
const UNREACHABLE: usize = 1;
const SHIFT: u32 = 2;

/// A header by address. Copied freely: the collector owns the rings while it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Node(pub *mut GcHeader);

impl Node {
    /// The header before an object.
    ///
    /// # Safety
    /// The object's type has HAVE_GC.
    pub unsafe fn of(object: *mut PyObject) -> Node {
        // SAFETY: by contract the header stands before the object.
        Node(unsafe { object.cast::<GcHeader>().sub(1) })
    }

    /// The object behind the header.
    pub fn object(self) -> *mut PyObject {
        self.0.wrapping_add(1).cast()
    }

    fn header<'a>(self) -> &'a GcHeader {
        // SAFETY: nodes are headers of live objects or anchors of rings.
        unsafe { &*self.0 }
    }

    pub fn next(self) -> Node {
        Node(self.header().next.get().map_addr(|addr| addr & !UNREACHABLE))
    }

    pub fn prev(self) -> Node {
        Node(std::ptr::with_exposed_provenance_mut(self.header().prev.get() & !FLAGS))
    }

    pub fn set_next(self, next: Node) {
        self.header().next.set(next.0);
    }

    pub fn set_prev(self, prev: Node) {
        let flags = self.header().prev.get() & FLAGS;
        self.header().prev.set(prev.0.expose_provenance() | flags);
    }

    /// Whether the node hangs in some ring.
    pub fn is_linked(self) -> bool {
        !self.header().next.get().is_null()
    }

    pub fn is_collecting(self) -> bool {
        self.header().prev.get() & COLLECTING != 0
    }

    pub fn clear_collecting(self) {
        self.header().prev.set(self.header().prev.get() & !COLLECTING);
    }

    /// Puts a copy of the reference count into `prev`, and marks the object as taking part.
    pub fn begin(self, refs: usize) {
        let finalized = self.header().prev.get() & FINALIZED;
        self.header().prev.set(refs << SHIFT | COLLECTING | finalized);
    }

    pub fn refs(self) -> usize {
        self.header().prev.get() >> SHIFT
    }

    pub fn set_refs(self, refs: usize) {
        self.header().prev.set(refs << SHIFT | self.header().prev.get() & FLAGS);
    }

    pub fn mark_unreachable(self) {
        self.header().next.set(self.header().next.get().map_addr(|addr| addr | UNREACHABLE));
    }

    pub fn is_marked_unreachable(self) -> bool {
        self.header().next.get().addr() & UNREACHABLE != 0
    }

    pub fn clear_unreachable_mark(self) {
        self.header().next.set(self.header().next.get().map_addr(|addr| addr & !UNREACHABLE));
    }
}

/// A ring on the collector's stack or in a generation, seen through its anchor.
#[derive(Clone, Copy)]
pub(super) struct Ring(pub Node);

impl Ring {
    /// The ring of this anchor.
    pub fn new(anchor: &GcHeader) -> Ring {
        Ring(Node(std::ptr::from_ref(anchor).cast_mut()))
    }

    pub fn init(self) {
        self.0.set_next(self.0);
        self.0.header().prev.set(self.0.0.expose_provenance());
    }

    pub fn is_empty(self) -> bool {
        self.0.next() == self.0
    }

    /// Puts a node that is in no ring at the end.
    pub fn push(self, node: Node) {
        let last = self.0.prev();
        last.set_next(node);
        node.set_prev(last);
        node.set_next(self.0);
        self.0.set_prev(node);
    }

    /// Takes a node out of the ring that it is in.
    pub fn unlink(node: Node) {
        let (prev, next) = (node.prev(), node.next());
        prev.set_next(next);
        next.set_prev(prev);
    }

    /// Moves a node from the ring that it is in to the end of this one.
    pub fn move_here(self, node: Node) {
        Ring::unlink(node);
        self.push(node);
    }

    /// Moves all of `other` to the end of this ring.
    pub fn append(self, other: Ring) {
        if other.is_empty() {
            return;
        }
        let (first, last, tail) = (other.0.next(), other.0.prev(), self.0.prev());
        tail.set_next(first);
        first.set_prev(tail);
        last.set_next(self.0);
        self.0.set_prev(last);
        other.init();
    }

    /// Shows all nodes. The ring may not change meanwhile.
    pub fn each(self, mut show: impl FnMut(Node)) {
        let mut node = self.0.next();
        while node != self.0 {
            show(node);
            node = node.next();
        }
    }

    /// How many nodes there are.
    pub fn len(self) -> usize {
        let mut count = 0;
        self.each(|_node| count += 1);
        count
    }
}
