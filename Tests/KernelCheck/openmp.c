// The parts of OpenMP that kernels call, for a static program of one thread: Debian has no static libomp.

int omp_get_max_threads(void) { return 1; }

int omp_get_thread_num(void) { return 0; }

void kmp_set_blocktime(int milliseconds) { (void)milliseconds; }
