"""Keywords and names that are there without an import, per language. Data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of a language: ``keywords`` cannot be names, ``builtins`` need no declaration."""

    keywords: frozenset[str] = frozenset()
    builtins: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PYTHON = Vocabulary(
    _words(
        """False None True and as assert async await break case class continue def del elif else
        except finally for from global if import in is lambda match nonlocal not or pass raise
        return try type while with yield _"""
    ),
    _words(
        """ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup
        BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError
        ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError
        DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception
        ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning
        GeneratorExit IOError ImportError ImportWarning IndentationError IndexError
        InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
        ModuleNotFoundError NameError NotADirectoryError NotImplemented NotImplementedError
        OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError
        RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning
        StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit
        TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError
        UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning
        ZeroDivisionError __all__ __annotations__ __builtins__ __class__ __debug__ __dict__
        __doc__ __file__ __import__ __loader__ __module__ __name__ __package__ __path__
        __qualname__ __spec__ abs aiter all anext any ascii bin bool breakpoint bytearray bytes
        callable chr classmethod cls compile complex copyright credits dbutils delattr dict dir
        display divmod enumerate eval exec exit filter float format frozenset get_ipython
        getattr globals hasattr hash help hex id input int isinstance issubclass iter len
        license list locals map max memoryview min next object oct open ord pow print property
        quit range repr reversed round self set setattr slice sorted spark staticmethod str sum
        super tuple type vars zip"""
    ),
)
_JAVASCRIPT = Vocabulary(
    _words(
        """abstract any as asserts async await boolean break case catch class const continue
        debugger declare default delete do else enum export extends false finally for from
        function get if implements import in infer instanceof interface is keyof let module
        namespace never new null number object of override package private protected public
        readonly return satisfies set static string super switch symbol this throw true try type
        typeof undefined unique unknown using var void while with yield bigint"""
    ),
    _words(
        """$ AbortController AbortSignal AggregateError Array ArrayBuffer ArrayBufferLike
        ArrayBufferView ArrayLike AsyncDisposable AsyncDisposableStack AsyncFunction
        AsyncGenerator AsyncGeneratorFunction AsyncIterable AsyncIterableIterator AsyncIterator
        Atomics Awaited BigInt BigInt64Array BigUint64Array Blob BlobPart BodyInit Boolean
        BroadcastChannel Buffer BufferSource Bun CSS CSSStyleDeclaration
        CanvasRenderingContext2D Capitalize ClipboardEvent ConstructorParameters CustomEvent
        Cypress DOMException DOMParser DataView Date Deno Disposable DisposableStack Document
        DragEvent Element Error EvalError Event EventInit EventListener EventSource EventTarget
        Exclude Extract File FileReader FinalizationRegistry Float32Array Float64Array
        FocusEvent FormData Function Generator GeneratorFunction HTMLAnchorElement
        HTMLButtonElement HTMLCanvasElement HTMLDivElement HTMLElement HTMLFormElement
        HTMLImageElement HTMLInputElement HTMLSpanElement HTMLTextAreaElement Headers
        HeadersInit History ImageData Infinity InstanceType Int16Array Int32Array Int8Array
        IntersectionObserver Intl Iterable IterableIterator Iterator IteratorResult JSON JSX
        KeyboardEvent Lowercase Map Math MessageChannel MessageEvent MessagePort MouseEvent
        MutationObserver NaN NoInfer Node NodeJS NodeList NonNullable Notification Number
        Object Omit OmitThisParameter Parameters Partial Performance Pick PointerEvent Promise
        PromiseConstructor PromiseLike PropertyKey Proxy RangeError React ReadableStream
        ReadableStreamDefaultReader Readonly ReadonlyArray ReadonlyMap ReadonlySet Record
        ReferenceError Reflect RegExp Request RequestInfo RequestInit Required ResizeObserver
        Response ResponseInit ReturnType Set SharedArrayBuffer StorageEvent String
        SuppressedError Symbol SyntaxError TemplateStringsArray TextDecoder TextEncoder
        ThisParameterType ThisType TouchEvent TransformStream TypeError TypedPropertyDescriptor
        UIEvent URIError URL URLSearchParams Uint16Array Uint32Array Uint8Array
        Uint8ClampedArray Uncapitalize Uppercase WeakMap WeakRef WeakSet WebAssembly WebSocket
        WheelEvent Window Worker WritableStream XMLHttpRequest __dirname __filename
        addEventListener after afterAll afterEach alert angular arguments atob before beforeAll
        beforeEach btoa cancelAnimationFrame cancelIdleCallback chai clearImmediate
        clearInterval clearTimeout console crypto customElements cy decodeURI
        decodeURIComponent describe dispatchEvent document encodeURI encodeURIComponent eval
        expect exports fdescribe fetch fit getComputedStyle getSelection global globalThis
        google gtag history indexedDB inject isFinite isNaN it jQuery jasmine jest localStorage
        location matchMedia module navigator parseFloat parseInt performance postMessage
        process queueMicrotask removeEventListener reportError requestAnimationFrame
        requestIdleCallback require scrollBy scrollTo self sessionStorage setImmediate
        setInterval setTimeout setup sinon specify spyOn structuredClone suite teardown test
        undefined vi visualViewport window xdescribe xit"""
    ),
)
_GO = Vocabulary(
    _words(
        """_ break case chan const continue default defer else fallthrough for func go goto if
        import interface map package range return select struct switch type var"""
    ),
    _words(
        """any append bool byte cap clear close comparable complex complex128 complex64 copy delete
        error false float32 float64 imag init int int16 int32 int64 int8 iota len main make max
        min new nil panic print println real recover rune string true uint uint16 uint32 uint64
        uint8 uintptr"""
    ),
)
_RUST = Vocabulary(
    _words(
        """Self _ abstract as async await become box break const continue crate do dyn else enum
        extern false final fn for gen if impl in let loop macro match mod move mut override priv
        pub ref return self static struct super trait true try type typeof union unsafe unsized
        use virtual where while yield"""
    ),
    _words(
        """Arc AsMut AsRef Box Clone Copy Debug Default Display DoubleEndedIterator Drop Eq Err
        ExactSizeIterator Extend Fn FnMut FnOnce From FromIterator Hash Into IntoIterator Iterator
        None Ok Option Ord PartialEq PartialOrd Rc Result Send Sized Some String Sync ToOwned
        ToString TryFrom TryInto Unpin Vec alloc allow assert assert_eq assert_ne bool cfg char
        cold column compile_error concat core dbg debug_assert debug_assert_eq debug_assert_ne
        deprecated derive doc drop env eprint eprintln f32 f64 feature file format format_args i128
        i16 i32 i64 i8 include include_bytes include_str inline isize line macro_export macro_rules
        main matches must_use panic print println proc_macro repr std str stringify test todo u128
        u16 u32 u64 u8 unimplemented unreachable usize vec warn write writeln deny forbid error"""
    ),
)
_JAVA = Vocabulary(
    _words(
        """_ abstract assert boolean break byte case catch char class const continue default do
        double else enum extends false final finally float for goto if implements import
        instanceof int interface long native new null package permits private protected public
        record return sealed short static strictfp super switch synchronized this throw throws
        transient true try var void volatile when while yield"""
    ),
    _words(
        """AbstractMethodError ArithmeticException ArrayIndexOutOfBoundsException AssertionError
        AutoCloseable Boolean Byte CharSequence Character Class ClassCastException ClassLoader
        ClassNotFoundException CloneNotSupportedException Cloneable Comparable Deprecated Double
        Enum Error Exception Float FunctionalInterface IllegalArgumentException
        IllegalStateException IndexOutOfBoundsException Integer InterruptedException Iterable
        LinkageError Long Math NegativeArraySizeException NoSuchFieldException
        NoSuchMethodException NullPointerException Number NumberFormatException Object
        OutOfMemoryError Override Process ProcessBuilder Record Runnable Runtime RuntimeException
        SafeVarargs SecurityException Short StackOverflowError StackTraceElement StrictMath String
        StringBuffer StringBuilder StringIndexOutOfBoundsException SuppressWarnings System Thread
        ThreadGroup ThreadLocal Throwable UnsupportedOperationException Void clone equals finalize
        getClass hashCode java javax length main notify notifyAll toString values wait"""
    ),
)
_C_KEYWORDS = """_Alignas _Alignof _Atomic _Bool _Generic _Noreturn _Static_assert _Thread_local
    alignas alignof auto bool break case char const constexpr continue default define defined do
    double elif else endif enum error extern false float for goto if ifdef ifndef include inline
    int line long nullptr pragma register restrict return short signed sizeof static static_assert
    struct switch true typedef typeof undef union unsigned void volatile while"""
_C_BUILTINS = """BUFSIZ CHAR_BIT CHAR_MAX CHAR_MIN EAGAIN EBADF EDOM EEXIST EINTR EINVAL EIO ENOENT
    ENOMEM EOF EPERM ERANGE EXIT_FAILURE EXIT_SUCCESS FILE FILENAME_MAX INT16_MAX INT32_MAX
    INT64_MAX INT8_MAX INT_MAX INT_MIN LLONG_MAX LLONG_MIN LONG_MAX LONG_MIN NAN NULL RAND_MAX
    SEEK_CUR SEEK_END SEEK_SET SHRT_MAX SIZE_MAX SSIZE_MAX UCHAR_MAX UINT16_MAX UINT32_MAX
    UINT64_MAX UINT8_MAX UINT_MAX ULLONG_MAX ULONG_MAX INFINITY M_PI __DATE__ __FILE__ __LINE__
    __TIME__ __VA_ARGS__ __func__ abort abs acos argc argv asin assert atan atan2 atexit atof atoi
    atol atoll bsearch calloc ceil clearerr clock clock_t close cos ctime difftime div errno exit
    exp fabs fclose feof ferror fflush fgetc fgets floor fmax fmin fmod fopen fprintf fputc fputs
    fread free freopen fscanf fseek ftell fwrite getc getchar getenv gmtime int16_t int32_t int64_t
    int8_t intmax_t intptr_t isalnum isalpha isblank iscntrl isdigit isgraph islower isprint
    ispunct isspace isupper isxdigit labs llabs localtime log log10 log2 longjmp main malloc memchr
    memcmp memcpy memmove memset mktime off_t offsetof open perror pow printf ptrdiff_t putc putchar
    puts qsort raise rand read realloc remove rename rewind round scanf setbuf setjmp setvbuf
    signal sin size_t snprintf sprintf sqrt srand sscanf ssize_t stderr stdin stdout strcasecmp
    strcat strchr strcmp strcoll strcpy strcspn strdup strerror strftime strlen strncasecmp strncat
    strncmp strncpy strndup strnlen strpbrk strrchr strspn strstr strtod strtof strtok strtol
    strtoll strtoul strtoull system tan time time_t tm tmpfile tolower toupper uint16_t uint32_t
    uint64_t uint8_t uintmax_t uintptr_t ungetc va_arg va_copy va_end va_list va_start vfprintf
    vprintf vsnprintf vsprintf wchar_t write"""
_CPP_KEYWORDS = """and asm atomic_cancel bitand bitor catch char16_t char32_t char8_t class co_await
    co_return co_yield compl concept consteval constinit const_cast decltype delete dynamic_cast
    explicit export final friend import module mutable namespace new noexcept not not_eq operator
    or or_eq override private protected public reinterpret_cast requires static_cast template this
    thread_local throw try typeid typename using virtual xor xor_eq"""
_CPP_BUILTINS = "std boost string vector map set pair size begin end move forward make_unique swap"

_C = Vocabulary(_words(_C_KEYWORDS), _words(_C_BUILTINS))
_CPP = Vocabulary(
    _words(_C_KEYWORDS + " " + _CPP_KEYWORDS), _words(_C_BUILTINS + " " + _CPP_BUILTINS)
)

VOCABULARIES = {
    "python": _PYTHON,
    "javascript": _JAVASCRIPT,
    "javascriptreact": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "typescriptreact": _JAVASCRIPT,
    "go": _GO,
    "rust": _RUST,
    "java": _JAVA,
    "c": _C,
    "cpp": _CPP,
}
