"""Methods that libraries ask for by name: who has one may be called by them."""

from __future__ import annotations

# Of the exported interfaces of Go's standard library (1.19), without those of single programs.
GO = frozenset(
    """Accept Add Addr Align At Begin BeginTx BlockSize Bounds CheckNamedValue Cleanup Close
    CloseNotify ColorIndexAt ColorModel ColumnConverter Columns Commit Connect Control Convert
    ConvertValue Cookies Copy CryptBlocks Deadline Decrypt Done Draw Driver Elem Encrypt Err Error
    Exec ExecContext Flush Format Generate Get Glob GoString GobDecode GobEncode HashFunc Header
    Hijack Info Int63 Is As Unwrap IsDir Kind LastInsertId Len Less LocalAddr Lock MarshalBinary
    MarshalJSON MarshalText MarshalXML MarshalXMLAttr ModTime Mode Name Network Next NumInput Open
    OpenConnector Overhead Params Ping Pop Position Prepare PrepareContext Public PublicSuffix Push
    Put Query QueryContext RGBA RGBA64At Read ReadAt ReadByte ReadDir ReadFile ReadFrom
    ReadRequestBody ReadRequestHeader ReadResponseBody ReadResponseHeader ReadRune Readdir
    RemoteAddr Reset ResetSession Rollback RoundTrip RowsAffected Scan Seal Seed Seek ServeHTTP Set
    SetCookies SetDeadline SetReadDeadline SetWriteDeadline Sign Signal Size Stat String Sub Sum
    Sum32 Sum64 Swap Sys SyscallConn Temporary Timeout Token Type Uint64 Unlock UnmarshalBinary
    UnmarshalJSON UnmarshalText UnmarshalXML UnmarshalXMLAttr UnreadByte UnreadRune Value Visit
    Write WriteAt WriteByte WriteHeader WriteRequest WriteResponse WriteString WriteTo
    XORKeyStream""".split()
)
# Of Java's bases that classes often have; what every object has comes with each.
JAVA = {
    "Object": "",
    "Serializable": "",
    "Cloneable": "",
    "Comparable": "compareTo",
    "Comparator": "compare reversed thenComparing thenComparingInt",
    "Runnable": "run",
    "Callable": "call",
    "AutoCloseable": "close",
    "Closeable": "close",
    "Iterable": "iterator forEach spliterator",
    "Iterator": "hasNext next remove forEachRemaining",
    "Supplier": "get",
    "Consumer": "accept andThen",
    "Function": "apply compose andThen",
    "Predicate": "test and or negate",
    **dict.fromkeys(
        """Throwable Exception RuntimeException Error IllegalArgumentException IOException
        IllegalStateException UncheckedIOException""".split(),
        "getMessage getLocalizedMessage getCause initCause printStackTrace fillInStackTrace "
        "getStackTrace setStackTrace addSuppressed getSuppressed",
    ),
}
JAVA_OBJECT = frozenset("toString equals hashCode clone finalize getClass notify wait".split())
