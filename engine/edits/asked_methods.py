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
# Methods of Rust's standard types: what an object of unknown type has may be one of them.
RUST = frozenset(
    """abs abs_diff abs_sub accept access_mode accessed acos acosh add add_assign add_extension
    addr align align_offset align_to align_to_mut all alternate ancestors and and_modify
    and_then any append arg arg0 args array as_array as_bytes as_bytes_mut as_chunks
    as_chunks_mut as_deref as_deref_mut as_encoded_bytes as_fd as_flattened as_flattened_mut
    as_handle as_micros as_millis as_mut as_mut_array as_mut_ptr as_mut_slice as_mut_slices
    as_mut_str as_mut_vec as_nanos as_os_str as_path as_pin_mut as_pin_ref as_pthread_t as_ptr
    as_ptr_range as_rchunks as_rchunks_mut as_ref as_secs as_slice as_slices as_socket as_str
    asin asinh assume_init assume_init_drop assume_init_mut assume_init_ref atan atan2 atanh
    atime attributes back back_mut binary_search binary_search_by bind bitand bitand_assign
    bitor bitor_assign bitxor bitxor_assign blksize borrow borrow_mut broadcast by_ref byte_add
    byte_offset byte_offset_from byte_sub bytes call_once_force canonicalize capacity cast
    cast_const cast_mut cast_signed cause cbrt ceil ceil_char_boundary chain char_indices chars
    chunk_by chunk_by_mut chunks chunks_exact chunks_exact_mut chunks_mut clamp classify clear
    clear_poison clone clone_from clone_from_slice clone_into cloned cmp collect
    compare_and_swap compare_exchange compare_exchange_weak components concat connect
    connect_timeout consume contains contains_key copied copy_from copy_from_nonoverlapping
    copy_from_slice copy_to copy_to_nonoverlapping copy_within copysign cos cosh count
    count_bytes count_ones count_zeros create create_new created creation_flags ctime
    current_dir cycle dangling dangling_ptr data decode_utf16 decrement_strong_count dedup
    dedup_by dedup_by_key default deref deref_mut description dev difference display div
    div_assign div_ceil div_euclid downcast downcast_mut downcast_ref downgrade drain drop
    duration_since elapsed element_offset encode_utf16 encode_utf8 encode_wide ends_with entry
    enumerate env env_clear env_remove envs eq err escape_ascii escape_debug escape_default
    escape_unicode exists exp exp2 exp_m1 expect expect_err expose_provenance extend
    extend_from_slice extend_from_within extend_packed extension extract_if file_attributes
    file_name file_prefix file_size file_stem file_type fill fill_buf fill_with filter
    filter_map find find_map finish first first_chunk first_chunk_mut first_entry
    first_key_value first_mut flags flat_map flatten floor floor_char_boundary flush fmt fold
    for_each fract from front front_mut fuse ge get get_args get_current_dir get_disjoint_mut
    get_envs get_key_value get_mut get_or_init get_or_insert get_program get_ref gt has_root
    hash hash_slice hasher hypot id ilog ilog10 ilog2 incoming increment_strong_count index
    index_mut insert insert_entry insert_mut insert_str inspect inspect_err intersection into
    into_boxed_bytes into_boxed_path into_boxed_slice into_boxed_str into_bytes into_c_string
    into_encoded_bytes into_flattened into_future into_inner into_iter into_keys into_os_string
    into_owned into_path_buf into_pin into_raw into_raw_fd into_raw_handle into_raw_parts
    into_raw_socket into_ref into_sorted_vec into_string into_values into_vec ip is is_absolute
    is_aligned is_alphabetic is_alphanumeric is_ascii is_char_boundary is_completed is_control
    is_digit is_dir is_disjoint is_empty is_eq is_err is_err_and is_file is_finished is_finite
    is_ge is_gt is_infinite is_ipv4 is_ipv6 is_le is_loopback is_lowercase is_lt is_multiple_of
    is_nan is_ne is_none is_none_or is_normal is_null is_numeric is_ok is_ok_and is_pending
    is_poisoned is_ready is_relative is_sign_negative is_sign_positive is_some is_some_and
    is_sorted is_sorted_by is_subnormal is_subset is_superset is_symlink is_terminal
    is_unspecified is_uppercase is_whitespace is_zero isqrt iter iter_mut join key keys kill
    kind last last_access_time last_chunk last_chunk_mut last_entry last_key_value last_mut
    last_os_error le leading_ones leading_zeros leak len len_utf16 len_utf8 lines lines_any ln
    ln_1p load local_addr lock lock_shared log log10 log2 lt make_ascii_lowercase
    make_ascii_uppercase make_contiguous make_mut map map_addr map_err map_ok map_or map_or_else
    map_while match_indices matches max max_by max_by_key max_value metadata midpoint min min_by
    min_by_key min_value mode modified mtime mul mul_add mul_assign name ne neg new new_cyclic
    new_zeroed new_zeroed_slice next next_back next_down next_if next_if_eq next_if_map
    next_multiple_of next_up nodelay noop not notify_all notify_one now nth nth_back offset
    offset_from offset_from_unsigned ok ok_or ok_or_else open options or or_default or_else
    or_insert or_insert_with other output pad pad_integral pad_to_align parent parse partial_cmp
    partition partition_point peek peek_from peek_mut peekable peer_addr permissions pin poll
    pop pop_back pop_back_if pop_first pop_front pop_front_if pop_if pop_last port position pow
    powf powi pre_exec precision product ptr_eq push push_back push_back_mut push_front
    push_front_mut push_mut push_str range range_mut raw_arg raw_get raw_os_error rchunks
    rchunks_exact rchunks_exact_mut rchunks_mut rdev read read_at read_dir read_exact
    read_exact_at read_line read_link read_timeout read_to_end read_to_string read_unaligned
    read_until read_vectored recip recv recv_from recv_timeout reduce rem rem_assign rem_euclid
    remove remove_entry repeat repeat_packed replace replace_range replace_with replacen report
    reserve reserve_exact resize resize_with retain retain_mut rev reverse reverse_bits rewind
    rfind rfold rmatch_indices rmatches rotate_left rotate_right round round_ties_even rposition
    rsplit rsplit_mut rsplit_once rsplit_terminator rsplitn rsplitn_mut scan security_qos_flags
    seek seek_read seek_relative seek_write select_nth_unstable send send_to set set_broadcast
    set_extension set_file_name set_ip set_len set_modified set_nodelay set_nonblocking
    set_permissions set_port set_quickack set_read_timeout set_times set_ttl set_write_timeout
    share_mode shl shl_assign shr shr_assign shrink_to shrink_to_fit shutdown sign_minus
    sign_plus signum sin sin_cos sinh size size_hint skip skip_until skip_while sort sort_by
    sort_by_key sort_unstable sort_unstable_by source spare_capacity_mut spawn spawn_scoped
    splice split split_ascii_whitespace split_at split_at_checked split_at_mut split_first
    split_first_chunk split_first_mut split_inclusive split_inclusive_mut split_last
    split_last_chunk split_last_mut split_mut split_off split_off_first split_off_last
    split_off_mut split_once split_terminator split_whitespace splitn splitn_mut sqrt stack_size
    start_bound starts_with static_mut static_ref status stderr stdin stdout step_by store
    stream_position strip_prefix strip_suffix strong_count sub sub_assign subsec_micros
    subsec_millis subsec_nanos sum swap swap_bytes swap_remove swap_remove_back
    swap_remove_front swap_with_slice symlink_metadata symmetric_difference sync_all sync_data
    take take_error take_if take_while tan tanh then then_some then_with thread
    to_ascii_lowercase to_ascii_uppercase to_be to_be_bytes to_bits to_bytes to_canonical
    to_degrees to_digit to_le to_le_bytes to_lowercase to_mut to_ne_bytes to_os_string to_owned
    to_path_buf to_radians to_socket_addrs to_str to_string to_string_lossy to_uppercase to_vec
    total_cmp trailing_ones trailing_zeros transpose trim trim_ascii trim_ascii_end
    trim_ascii_start trim_end trim_end_matches trim_left trim_left_matches trim_matches
    trim_right trim_right_matches trim_start trim_start_matches trunc truncate try_borrow
    try_borrow_mut try_borrow_unguarded try_clone try_exists try_fold try_for_each try_from
    try_into try_iter try_lock try_lock_shared try_read try_recv try_reserve try_reserve_exact
    try_rfold try_unwrap try_update try_wait try_with try_write ttl type_id uid unbounded_shl
    unbounded_shr union unlock unpark unwrap unwrap_err unwrap_or unwrap_or_clone
    unwrap_or_default unwrap_or_else unzip update upgrade utf8_chunks values values_mut wait
    wait_force wait_timeout wait_timeout_ms wait_timeout_while wait_while wait_with_output wake
    wake_by_ref weak_count width will_wake windows with with_added_extension with_addr
    with_borrow with_borrow_mut with_capacity with_exposed_provenance with_extension
    with_file_name with_hasher without_provenance write write_all write_all_at write_at
    write_bytes write_char write_fmt write_str write_timeout write_unaligned write_vectored
    write_volatile xor zip""".split()
)
