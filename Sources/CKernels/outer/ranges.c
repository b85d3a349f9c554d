#include "typed.h"

struct ranges_call {
    tk_range_body body;
    const void *context;
    tk_int count, grain;
};

static void run_range(const void *context, tk_int task, int thread) {
    (void)thread;
    const struct ranges_call *call = context;
    tk_int begin = task * call->grain;
    call->body(call->context, begin, tk_min_int(begin + call->grain, call->count));
}

void tk_run_ranges(tk_int work, tk_int count, tk_int grain, tk_range_body body, const void *context) {
    struct ranges_call call = {body, context, count, tk_max_int(grain, 1)};
    tk_run_tasks(tk_team(work), tk_ceil_div(count, call.grain), run_range, &call);
}
