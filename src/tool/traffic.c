/* SPDX-License-Identifier: MIT */
#include "tool/traffic.h"
#include "base/list.h"
#include "tool/conversation.h"
#include "tool/tcp-stream.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

/* A connection; way n is what end n sent. */
struct flow {
	struct pen_list used; /* of all, the newest last */
	struct flow *next;    /* of its bucket */
	struct scene scene;
	struct tcp_stream streams[2];
	struct conversation *conversation; /* NULL: nobody has sent anything */
	size_t counted;			   /* of it in the traffic's total */
};

struct traffic {
	struct report *report;
	const struct traffic_filter *filter;
	struct flow *buckets[BUCKETS];
	struct pen_list used;
	size_t n_flows;
	size_t held;
	struct traffic_counts counts;
};

int traffic_new(struct traffic **trafficp, struct report *report,
		const struct traffic_filter *filter)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	if (!traffic)
		return -ENOMEM;
	traffic->report = report;
	traffic->filter = filter;
	pen_list_init(&traffic->used);
	*trafficp = traffic;
	return 0;
}

struct traffic_counts traffic_counts(const struct traffic *traffic)
{
	return traffic->counts;
}

/* ---- connections ---- */

/* The same for both directions. */
static unsigned bucket_of(const struct frame_end *a, const struct frame_end *b)
{
	uint32_t sums[2] = { 0, 0 };
	const struct frame_end *ends[2] = { a, b };

	for (size_t i = 0; i < 2; i++) {
		for (size_t n = 0; n < sizeof(a->address); n++)
			sums[i] = (sums[i] ^ ends[i]->address[n]) * UINT32_C(16777619);
		sums[i] = (sums[i] ^ ends[i]->port) * UINT32_C(16777619);
	}
	return ((sums[0] + sums[1]) ^ (sums[0] + sums[1]) >> 15) % BUCKETS;
}

static bool is_end(const struct frame_end *a, const struct frame_end *b)
{
	return a->port == b->port && !memcmp(a->address, b->address, sizeof(a->address));
}

/* *wayp is that of the frame. */
static struct flow *find(struct traffic *traffic, const struct frame *frame, unsigned *wayp)
{
	struct flow *flow = traffic->buckets[bucket_of(&frame->source, &frame->target)];

	for (; flow; flow = flow->next)
		for (unsigned way = 0; way < 2; way++)
			if (is_end(&flow->scene.ends[way], &frame->source) &&
			    is_end(&flow->scene.ends[!way], &frame->target)) {
				*wayp = way;
				return flow;
			}
	return NULL;
}

static void flow_done(struct flow *flow)
{
	conversation_free(flow->conversation);
	flow->conversation = NULL;
	for (size_t i = 0; i < 2; i++)
		tcp_stream_done(&flow->streams[i]);
}

static void drop(struct traffic *traffic, struct flow *flow)
{
	struct flow **at = &traffic->buckets[bucket_of(&flow->scene.ends[0], &flow->scene.ends[1])];

	while (*at != flow)
		at = &(*at)->next;
	*at = flow->next;
	pen_list_remove(&flow->used);
	flow_done(flow);
	traffic->held -= flow->counted;
	traffic->n_flows--;
	free(flow);
}

struct traffic *traffic_free(struct traffic *traffic)
{
	if (!traffic)
		return NULL;
	pen_list_each (link, after, &traffic->used)
		drop(traffic, pen_list_entry(link, struct flow, used));
	free(traffic);
	return NULL;
}

static void evict(struct traffic *traffic)
{
	drop(traffic, pen_list_entry(traffic->used.next, struct flow, used));
	traffic->counts.n_evicted++;
}

static int add(struct traffic *traffic, const struct frame *frame, struct flow **flowp)
{
	unsigned bucket = bucket_of(&frame->source, &frame->target);
	struct flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return -ENOMEM;
	if (traffic->n_flows == TRAFFIC_FLOWS_MAX)
		evict(traffic);
	flow->scene.report = traffic->report;
	flow->scene.ends[0] = frame->source;
	flow->scene.ends[1] = frame->target;
	for (size_t i = 0; i < 2; i++)
		tcp_stream_init(&flow->streams[i]);
	flow->next = traffic->buckets[bucket];
	traffic->buckets[bucket] = flow;
	pen_list_append(&traffic->used, &flow->used);
	traffic->n_flows++;
	*flowp = flow;
	return 0;
}

/* ---- bytes ---- */

static int pull(struct flow *flow, unsigned way)
{
	struct tcp_event event;
	int r = 0;

	while (!r && !(r = tcp_stream_next(&flow->streams[way], &event))) {
		if (!flow->conversation)
			r = conversation_new(&flow->conversation, &flow->scene);
		if (!r && event.n_lost)
			r = conversation_miss(flow->conversation, way, event.n_lost);
		else if (!r)
			r = conversation_take(flow->conversation, way, event.data);
	}
	return r == PEN_E_AGAIN ? 0 : r;
}

static int end_streams(struct flow *flow)
{
	int r = 0;

	for (unsigned way = 0; way < 2 && !r; way++) {
		tcp_stream_end(&flow->streams[way]);
		r = pull(flow, way);
	}
	return r;
}

/* The ports are used again: what was before is over. */
static bool is_another(const struct flow *flow, unsigned way, const struct frame *frame)
{
	const struct tcp_stream *stream = &flow->streams[way];

	return frame->flags & FRAME_SYN && stream->has_begun && flow->conversation &&
	       frame->number + 1 != stream->next && !(frame->flags & FRAME_ACK);
}

static int take_frame(struct flow *flow, unsigned way, const struct frame *frame)
{
	int r;

	if (is_another(flow, way, frame)) {
		r = end_streams(flow);
		if (r)
			return r;
		flow_done(flow);
		for (size_t i = 0; i < 2; i++)
			tcp_stream_init(&flow->streams[i]);
	}
	r = tcp_stream_add(&flow->streams[way], frame);
	tcp_stream_acknowledge(&flow->streams[!way], frame);
	/* What the other side has had comes before what it said then. */
	if (!r)
		r = pull(flow, !way);
	if (!r)
		r = pull(flow, way);
	if (!r && frame->flags & FRAME_RST)
		r = end_streams(flow);
	return r;
}

static void count_memory(struct traffic *traffic, struct flow *flow)
{
	size_t held = sizeof(*flow) + flow->scene.held + flow->streams[0].n_bytes +
		      flow->streams[1].n_bytes;

	traffic->held += held - flow->counted;
	flow->counted = held;
}

static bool is_filtered(const struct traffic_filter *filter, const struct frame_end *end)
{
	return (!filter->has_address ||
		!memcmp(filter->address, end->address, sizeof(end->address))) &&
	       (!filter->port || filter->port == end->port);
}

int traffic_take(struct traffic *traffic, const struct capture_packet *packet)
{
	struct frame frame = { 0 };
	struct flow *flow;
	unsigned way = 0;
	int r = frame_get(&frame, packet);

	traffic->counts.n_packets++;
	if (r == PEN_E_UNSUPPORTED || r == PEN_E_BAD_DATA)
		traffic->counts.n_unread++;
	if (r)
		return 0;
	if (traffic->filter && !is_filtered(traffic->filter, &frame.source) &&
	    !is_filtered(traffic->filter, &frame.target))
		return 0;
	flow = find(traffic, &frame, &way);
	if (!flow && !frame.data.size && !(frame.flags & FRAME_SYN))
		return 0;
	r = flow ? 0 : add(traffic, &frame, &flow);
	if (r)
		return r;
	pen_list_remove(&flow->used);
	pen_list_append(&traffic->used, &flow->used);
	flow->scene.time = packet->time;
	r = take_frame(flow, way, &frame);
	count_memory(traffic, flow);
	while (traffic->held > TRAFFIC_MEMORY_MAX && traffic->n_flows)
		evict(traffic);
	return r;
}

int traffic_end(struct traffic *traffic)
{
	int r = 0;

	pen_list_each (link, after, &traffic->used) {
		if (!r)
			r = end_streams(pen_list_entry(link, struct flow, used));
	}
	return r;
}

/* ---- the filter ---- */

static bool parse_address(struct traffic_filter *filter, const char *text)
{
	struct in_addr four;

	filter->has_address = true;
	if (inet_pton(AF_INET6, text, filter->address) == 1)
		return true;
	if (inet_pton(AF_INET, text, &four) != 1)
		return false;
	memset(filter->address, 0, 10);
	memset(filter->address + 10, 0xff, 2);
	memcpy(filter->address + 12, &four, 4);
	return true;
}

bool traffic_filter_parse(struct traffic_filter *filter, const char *text)
{
	const char *colon = strrchr(text, ':');
	bool is_framed = *text == '[';
	bool has_port = colon &&
			(is_framed ? colon > text && colon[-1] == ']' : strchr(text, ':') == colon);
	char host[INET6_ADDRSTRLEN + 2];
	size_t n = has_port ? (size_t)(colon - text) : strlen(text);
	char *end;

	*filter = (struct traffic_filter){ 0 };
	if (has_port) {
		unsigned long port = strtoul(colon + 1, &end, 10);

		if (end == colon + 1 || *end || !port || port > UINT16_MAX)
			return false;
		filter->port = (uint16_t)port;
	}
	if (is_framed && (n < 2 || text[n - 1] != ']'))
		return false;
	text += is_framed;
	n -= is_framed ? 2 : 0;
	if (!n)
		return has_port && !is_framed;
	if (n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	return parse_address(filter, host);
}
