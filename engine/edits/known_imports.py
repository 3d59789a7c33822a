"""What is imported so often that everybody knows from where. Data only.

Names that projects often give to things of their own are left out.
"""

from __future__ import annotations

from engine.edits.symbols import Origin


def _of(text: str) -> dict[str, Origin]:
    """Lines of a module, a colon and names."""
    found: dict[str, Origin] = {}
    for line in text.split("\n"):
        module, _, names = line.partition(":")
        for name in names.split():
            found[name] = Origin(module.strip(), name)
    return found


PYTHON_MODULES = frozenset(
    """abc argparse ast asyncio base64 bisect collections configparser contextlib copy csv ctypes
    dataclasses datetime decimal difflib enum errno fnmatch functools gc getpass glob gzip hashlib
    heapq hmac inspect io itertools json locale logging math mimetypes multiprocessing operator os
    pathlib pickle pkgutil platform pprint queue random re secrets shlex shutil signal socket
    sqlite3 ssl stat statistics string struct subprocess sys sysconfig tarfile tempfile textwrap
    threading time timeit traceback types typing unicodedata unittest uuid warnings weakref zipfile
    zlib""".split()
)
"""Modules of the standard library; a name that nothing declares and a dot follows is one."""

PYTHON = _of(
    """abc: ABC abstractmethod
    argparse: ArgumentParser
    collections: ChainMap Counter OrderedDict defaultdict deque namedtuple
    collections.abc: AsyncIterator Callable Collection Generator Hashable Iterable Iterator Mapping
    collections.abc: MutableMapping Sequence
    concurrent.futures: ProcessPoolExecutor ThreadPoolExecutor
    contextlib: AsyncExitStack ExitStack asynccontextmanager contextmanager nullcontext suppress
    copy: deepcopy
    dataclasses: asdict astuple dataclass
    datetime: timedelta timezone
    decimal: Decimal
    enum: Enum IntEnum IntFlag StrEnum
    fractions: Fraction
    functools: cached_property lru_cache partial singledispatch total_ordering wraps
    importlib: import_module
    io: BytesIO StringIO
    itertools: chain combinations islice permutations zip_longest
    pathlib: Path PurePath PurePosixPath
    tempfile: NamedTemporaryFile TemporaryDirectory
    textwrap: dedent
    types: MappingProxyType ModuleType SimpleNamespace TracebackType
    typing: TYPE_CHECKING Annotated Any ClassVar Final Generic Literal NamedTuple NoReturn Optional
    typing: ParamSpec Protocol Self TypeAlias TypeVar TypedDict Union cast overload
    unittest: TestCase
    unittest.mock: AsyncMock MagicMock Mock
    urllib.parse: parse_qs quote_plus unquote urlencode urljoin urlparse urlsplit urlunsplit"""
)

JAVA = _of(
    """java.io: BufferedReader ByteArrayInputStream ByteArrayOutputStream IOException
    java.io: InputStreamReader UncheckedIOException
    java.nio.charset: StandardCharsets
    java.util: ArrayDeque ArrayList Arrays Collection Collections Comparator HashMap HashSet
    java.util: Iterator LinkedHashMap LinkedHashSet LinkedList List Map NoSuchElementException
    java.util: Objects Optional Set TreeMap TreeSet UUID
    java.util.concurrent: CompletableFuture ConcurrentHashMap ExecutorService Executors TimeUnit
    java.util.concurrent.atomic: AtomicBoolean AtomicInteger AtomicLong AtomicReference
    java.util.stream: Collectors IntStream"""
)
