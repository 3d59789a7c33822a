"""Functions of C's library: a call of them reads each argument once."""

from __future__ import annotations

STANDARD_FUNCTIONS = frozenset(
    """abort abs access atexit atof atoi atol atoll bind bsearch calloc chdir chmod chown clock
    close connect cos ctime dup dup2 errx exit exp fabs fclose fcntl fdopen feof ferror fflush
    fgets fileno floor fmod fopen fork fprintf fputs fread free freopen fseek fstat fsync ftell
    ftruncate fwrite getcwd getenv gethostname getpid gettimeofday gmtime gmtime_r inet_ntop
    inet_pton ioctl isatty kill labs listen localtime localtime_r log log10 lseek lstat malloc
    memchr memcmp memcpy memmove memset mkdir mkstemp mktime mmap munmap nanosleep open opendir
    perror pipe poll pow printf pthread_create pthread_join pthread_mutex_lock
    pthread_mutex_unlock putenv puts qsort raise rand read readdir realloc realpath recv
    recvfrom remove rename rewind rmdir send sendto setenv setlocale setsockopt shutdown sigaction
    signal sin sleep snprintf socket sprintf sqrt srand stat strcasecmp strcat strchr strcmp
    strcoll strcpy strcspn strdup strerror strftime strlen strncasecmp strncat strncmp strncpy
    strndup strnlen strpbrk strrchr strspn strstr strtod strtok strtol strtoll strtoul strtoull
    symlink sysconf system tan time toupper tolower umask uname ungetc unlink usleep vfprintf
    vprintf vsnprintf vsprintf waitpid write""".split()
)
