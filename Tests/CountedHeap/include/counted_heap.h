#ifndef COUNTED_HEAP_H
#define COUNTED_HEAP_H

// Memory requests of the whole process so far; -1 where a sanitizer has an allocator of its own.
long counted_heap_requests(void);

#endif
