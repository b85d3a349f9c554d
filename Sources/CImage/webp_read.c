#include "CImage.h"

#include <stdio.h>
#include <webp/decode.h>
#include <webp/demux.h>

int cimage_webp_open(const uint8_t *bytes, size_t size, cimage_webp_info *info, char *message, size_t message_size) {
    WebPBitstreamFeatures features;
    VP8StatusCode status = WebPGetFeatures(bytes, size, &features);
    if (status != VP8_STATUS_OK) {
        snprintf(message, message_size, status == VP8_STATUS_NOT_ENOUGH_DATA ? "the file ends too early" : "the header is damaged");
        return -1;
    }
    info->width = features.width;
    info->height = features.height;
    info->has_alpha = features.has_alpha;
    return 0;
}

// Decodes one frame to its place in the canvas.
static const char *decode_frame(const WebPIterator *frame, const cimage_webp_info *info, uint8_t *out, size_t out_size) {
    int channels = info->has_alpha ? 4 : 3;
    int x = frame->x_offset, y = frame->y_offset;
    if (x < 0 || y < 0 || frame->width > info->width - x || frame->height > info->height - y)
        return "a frame reaches beyond the picture";
    size_t stride = (size_t)info->width * channels;
    size_t start = (size_t)y * stride + (size_t)x * channels;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) return "libwebp is of another version";
    // The frame's own header must say what the container said, since the place in `out` was checked by that.
    if (WebPGetFeatures(frame->fragment.bytes, frame->fragment.size, &config.input) != VP8_STATUS_OK ||
        config.input.width != frame->width || config.input.height != frame->height)
        return "the sizes of frame and container differ";
    config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out + start;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = out_size - start;
    VP8StatusCode status = WebPDecode(frame->fragment.bytes, frame->fragment.size, &config);
    WebPFreeDecBuffer(&config.output);
    switch (status) {
    case VP8_STATUS_OK: return NULL;
    case VP8_STATUS_OUT_OF_MEMORY: return "out of memory";
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the file ends too early";
    default: return "its data are damaged";
    }
}

int cimage_webp_decode(const uint8_t *bytes, size_t size, const cimage_webp_info *info, uint8_t *out, size_t out_size,
                       char *message, size_t message_size) {
    const char *problem = NULL;
    WebPData data = {bytes, size};
    WebPDemuxer *demuxer = NULL;
    WebPIterator frame;
    size_t needed = (size_t)info->width * (size_t)info->height * (info->has_alpha ? 4 : 3);
    if (info->width < 1 || info->height < 1 || out_size != needed) problem = "bad arguments";
    if (!problem && !(demuxer = WebPDemux(&data))) problem = "the file ends too early or its chunks are damaged";
    if (!problem && (WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH) != (uint32_t)info->width ||
                     WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT) != (uint32_t)info->height))
        problem = "the sizes of header and container differ";
    if (!problem) {
        if (WebPDemuxGetFrame(demuxer, 1, &frame)) {
            problem = decode_frame(&frame, info, out, out_size);
            WebPDemuxReleaseIterator(&frame);
        } else {
            problem = "it has no picture";
        }
    }
    WebPDemuxDelete(demuxer);
    if (problem) snprintf(message, message_size, "%s", problem);
    return problem ? -1 : 0;
}

const uint8_t *cimage_webp_exif(const uint8_t *bytes, size_t size, size_t *count) {
    WebPData data = {bytes, size};
    WebPDemuxer *demuxer = WebPDemux(&data);
    WebPChunkIterator chunk;
    const uint8_t *found = NULL;
    *count = 0;
    if (!demuxer) return NULL;
    if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        found = chunk.chunk.bytes;
        *count = chunk.chunk.size;
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    WebPDemuxDelete(demuxer);
    return found;
}
