/** Every bound of the system, in one place, each with its reason. Units come last in a name. */

/** One read from a file. 256–512 KB measured best: chunk and index stay in a 1–2 MB L2 cache. */
export const CHUNK_BYTES: number = 256 * 1024;
/** A split of an uncompressed file: large enough to amortise a claim (~0.1 ms), small enough to balance and to retry. */
export const SPLIT_BYTES: number = 16 * 1024 * 1024;
/** A line (record) longer than this is rejected: a file without newlines must not eat the memory. */
export const LINE_BYTES_MAX: number = 64 * 1024 * 1024;
/** Bytes of a file that the sniffer looks at. */
export const SNIFF_BYTES: number = 256 * 1024;
/** Where two lines do not fit into that (wide tables), it looks at up to so many: a sample without a whole row says nothing. */
export const SNIFF_BYTES_MAX: number = 16 * 1024 * 1024;
/** Bytes read around a split border to guess whether it lies inside quotes. A wrong guess costs a rerun, never an answer. */
export const BORDER_BYTES: number = 64 * 1024;
/** Blocks of a stream (stdin, pipe) handed to workers as splits. */
export const STREAM_BLOCK_BYTES: number = 4 * 1024 * 1024;
/** A stream that brings nothing for so long is live or slow: what it brought is worked on. A pipe's writer is far faster. */
export const STREAM_PAUSE_MS: number = 200;
/** The same for its first rows, where types are guessed from them: more rows, better guesses. */
export const SAMPLE_PAUSE_MS: number = 1000;
/** Stream blocks in flight per worker: one being worked on, one waiting. */
export const STREAM_BLOCKS_PER_WORKER: number = 2;
/** Rejected rows that are kept to be shown. All are counted. */
export const REJECTED_SHOWN: number = 10;
/** A rejected row's text is cut to this in messages (the quarantine file gets all of it). */
export const REJECTED_TEXT_CHARS_MAX: number = 200;
/** Attempts at one split before the job fails: 1 + retries. */
export const SPLIT_RETRIES: number = 2;
/** How long a worker may take to stop before it is reported as lost. */
export const STOP_DEADLINE_MS: number = 1000;
/** Worker names are the operating system's thread names: 15 bytes at most on Linux. */
export const WORKER_NAME_BYTES_MAX: number = 15;
/** Tasks that may wait in an executor's queue before submit rejects. */
export const QUEUE_TASKS_MAX: number = 1_000_000;
/** Text of a result is handed to the file or pipe in pieces of about this size: large enough that the call does not count. */
export const OUTPUT_FLUSH_CHARS: number = 64 * 1024;
/** A table on a terminal with more rows than this shows only its first and last half: more would scroll away. */
export const TABLE_ROWS_SHOWN: number = 40;
/** Rows that a full table looks at to find its column widths; later rows may stick out, and memory stays bounded. */
export const TABLE_WIDTH_ROWS: number = 10_000;
/** Rows in a page's table: browsers lay out 10,000 rows at once, not a million. */
export const HTML_ROWS_MAX: number = 10_000;
/** Rows that a page's chart is drawn from. */
export const HTML_CHART_ROWS_MAX: number = 200_000;
/** A parquet row group ends after this many rows… */
export const PARQUET_GROUP_ROWS: number = 100_000;
/** …or this many characters of text: a row group is held in memory until it is written. */
export const PARQUET_GROUP_CHARS: number = 32 * 1024 * 1024;
/** Nesting of a value in JSON output; deeper is taken for a cycle. */
export const JSON_DEPTH_MAX: number = 500;
/** Characters of one expression of the query language: far beyond what people write, short enough to parse at once. */
export const EXPRESSION_CHARS_MAX: number = 64 * 1024;
/** Nesting of one expression: the compiler is recursive, and text from outside must not exhaust the stack. */
export const EXPRESSION_DEPTH_MAX: number = 200;
/** Partials of stream blocks that are merged to one as they pile up: bounds what the coordinator holds. */
export const PARTIALS_FOLD_COUNT: number = 64;
/** The wait before a retry doubles each time; beyond a minute it only hides that the cause stays. */
export const BACKOFF_MS_MAX: number = 60_000;
/** Times that a task is sent anew because its worker died before taking it up. More means that workers die by themselves. */
export const REQUEUES_MAX: number = 3;
/** A worker that is not ready by then (it takes ~50 ms) hangs in a preloaded module. */
export const WORKER_START_MS_MAX: number = 30_000;
/** A worker's heap below this does not hold the code that runs in it: V8 ends the whole process. */
export const WORKER_MEMORY_MB_MIN: number = 16;
/** setTimeout takes a longer time for none at all. */
export const TIMER_MS_MAX: number = 2 ** 31 - 1;
/** Values that `collect` keeps per group unless it is given a limit: enough to look at, too few to eat the memory. */
export const COLLECT_VALUES_MAX: number = 1000;
/** Once work has been lost with a worker, a worker's partial is taken when it holds so many splits: one more loss costs no more. */
export const CHECKPOINT_SPLITS: number = 8;
/** A run starts a thread ahead of time for so many bytes of input: less is not worth a thread of its own. */
export const WARM_BYTES_PER_WORKER: number = 1024 * 1024;
/** So little input is read before a thread has started (tens of milliseconds), so a run that may choose reads it inline. */
export const INLINE_BYTES_MAX: number = 2 * 1024 * 1024;
/** Bytes of a rejected row that travel to be shown (the quarantine file gets all of them). */
export const REJECTED_RAW_BYTES_MAX: number = 64 * 1024;
/** A compressed file is read by one worker, which is worth a word from this size on: smaller ones are done in a moment. */
export const WHOLE_FILE_NOTICE_BYTES: number = 64 * 1024 * 1024;
/** Groups that a worker keeps in one table; the keys of more are partitioned. Tables of so many outgrow a cache of a few MB. */
export const FRONT_GROUPS_MAX: number = 64 * 1024;
/** A worker's table with sets of distinct values beyond this is cut into partitions: each of those fits a cache again. */
export const FRONT_BYTES_MAX: number = 96 * 1024 * 1024;
/** Rows that a worker gathers before it looks whether folding them makes them fewer. */
export const COMPACT_BYTES: number = 256 * 1024 * 1024;
/** The least memory for a worker's part of a run: below this, spilling would be all it does. */
export const WORKER_MEMORY_BYTES_MIN: number = 64_000_000;
/** Share of the memory that is free for this process which a run may take unless it is told. */
export const MEMORY_SHARE: number = 0.6;
