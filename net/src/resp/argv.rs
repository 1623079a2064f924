//! The arguments of a request, as places in the buffer it was parsed from.

pub use engine::args::Span;

/// The arguments of one request, as places in the buffer it was parsed from. Made to be reused for request
/// after request, also of different connections: it then allocates nothing.
#[derive(Debug, Default)]
pub struct Argv {
    pub(super) spans: Vec<Span>,
    /// The words of an inline command, their quotes resolved. Spans point here when `inline` is set.
    pub(super) words: Vec<u8>,
    pub(super) inline: bool,
}

/// Capacity an `Argv` keeps from request to request; a larger one is given back.
const SPANS_KEPT: usize = 4096;

impl Argv {
    /// Number of arguments, the command's name included.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Argument `index`; `buffer` must hold what the parser was given. Panics when there is none.
    pub fn get<'a>(&'a self, buffer: &'a [u8], index: usize) -> &'a [u8] {
        self.borrow(buffer).get(index).expect("the index is below the number of arguments")
    }

    /// All arguments in order; `buffer` must hold what the parser was given.
    pub fn iter<'a>(&'a self, buffer: &'a [u8]) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone {
        let source = self.source(buffer);
        self.spans.iter().map(move |span| &source[span.start as usize..][..span.len as usize])
    }

    /// What the spans are places in: `buffer`, or for an inline command the words kept here.
    pub fn source<'a>(&'a self, buffer: &'a [u8]) -> &'a [u8] {
        if self.inline { &self.words } else { buffer }
    }

    /// The arguments as the engine takes them; `buffer` must hold what the parser was given.
    pub fn borrow<'a>(&'a self, buffer: &'a [u8]) -> engine::args::Argv<'a> {
        engine::args::Argv::new(self.source(buffer), &self.spans)
    }

    /// The places of the arguments in [`Argv::source`].
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Adds `distance` to the places of arguments in a buffer.
    pub(crate) fn shift(&mut self, distance: usize) {
        if !self.inline {
            self.spans.iter_mut().for_each(|span| span.start += distance as u32);
        }
    }

    pub(super) fn clear(&mut self) {
        self.spans.clear();
        self.inline = false;
        if self.spans.capacity() > SPANS_KEPT {
            self.spans.shrink_to(SPANS_KEPT);
        }
    }
}
