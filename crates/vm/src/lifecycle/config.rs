//! What the command line and the environment ask of the interpreter: CPython's `PyConfig`, computed before anything runs.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

/// How hashes of str and bytes are seeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HashSeed {
    #[default]
    Random,
    Fixed(u32),
}

/// Where `sys.path[0]` comes from, and what runs.
#[derive(Clone, Debug, Default)]
pub enum Run {
    /// `-c command`: the text, with its newline.
    Command(Vec<u8>),
    /// `-m module`.
    Module(Vec<u8>),
    /// A script, a folder or an archive.
    File(Vec<u8>),
    /// Standard input: a program, or a dialogue.
    #[default]
    Stdin,
}

/// The configuration. Strings are bytes of the operating system.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `argv[0]` as the program was called.
    pub program_name: Vec<u8>,
    /// `sys.executable`.
    pub executable: Vec<u8>,
    pub orig_argv: Vec<Vec<u8>>,
    pub argv: Vec<Vec<u8>>,
    pub run: Run,
    pub isolated: bool,
    pub use_environment: bool,
    pub user_site: bool,
    pub site_import: bool,
    pub safe_path: bool,
    pub dont_write_bytecode: bool,
    pub parser_debug: u32,
    pub inspect: u32,
    pub interactive: u32,
    pub optimize: u32,
    pub quiet: u32,
    pub verbose: u32,
    pub bytes_warning: u32,
    pub unbuffered: bool,
    pub skip_first_line: bool,
    pub dev_mode: bool,
    pub utf8_mode: bool,
    pub warn_default_encoding: bool,
    pub import_time: u32,
    pub int_max_str_digits: usize,
    pub hash_seed: HashSeed,
    /// `-R`: the seed is random whatever the environment says.
    pub random_seed: bool,
    pub cpu_count: Option<u32>,
    pub code_debug_ranges: bool,
    pub show_ref_count: bool,
    pub faulthandler: bool,
    pub tracemalloc: u32,
    pub perf_profiling: u32,
    pub remote_debug: bool,
    pub context_aware_warnings: bool,
    pub thread_inherit_context: bool,
    pub frozen_modules: Option<bool>,
    pub pycache_prefix: Option<Vec<u8>>,
    pub check_hash_based_pycs: Option<String>,
    pub warnoptions: Vec<Vec<u8>>,
    pub xoptions: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub stdio_encoding: Option<String>,
    pub stdio_errors: Option<String>,
    /// `PYTHONPATH`, split.
    pub python_path: Vec<Vec<u8>>,
    pub python_home: Option<Vec<u8>>,
    pub platlibdir: Option<Vec<u8>>,
    pub presite: Option<Vec<u8>>,
}

impl Config {
    /// What holds before the command line is read.
    pub fn new() -> Self {
        Config {
            use_environment: true,
            user_site: true,
            site_import: true,
            utf8_mode: false,
            int_max_str_digits: 4300,
            code_debug_ranges: true,
            remote_debug: true,
            ..Config::default()
        }
    }
}

impl From<HashSeed> for object::hashing::Seed {
    fn from(seed: HashSeed) -> Self {
        match seed {
            HashSeed::Random => object::hashing::Seed::Random,
            HashSeed::Fixed(seed) => object::hashing::Seed::Fixed(seed),
        }
    }
}

static CONFIG: OnceLock<Config> = OnceLock::new();

/// The configuration of this process, once the runtime has started.
pub fn config() -> Option<&'static Config> {
    CONFIG.get()
}

/// Sets the configuration; the first call counts.
pub fn set_config(config: Config) -> &'static Config {
    CONFIG.get_or_init(|| config)
}

/// What `PyConfig_Set` made of the number of processors; this value where nobody did.
static CPU_COUNT: AtomicI64 = AtomicI64::new(i64::MIN);

/// The number of processors that programs are told of; -1 where nobody said.
pub fn cpu_count() -> i64 {
    match CPU_COUNT.load(Ordering::Relaxed) {
        i64::MIN => config().and_then(|config| config.cpu_count).map_or(-1, i64::from),
        changed => changed,
    }
}

/// Changes it; -1 is the machine's own.
pub fn set_cpu_count(count: i64) {
    CPU_COUNT.store(count, Ordering::Relaxed);
}
