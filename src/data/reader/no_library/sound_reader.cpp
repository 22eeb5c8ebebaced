// In place of ../library/sound_reader.cpp where the build found no libsndfile.
#include "data/reader/sound_reader.h"

#include "data/reader/no_library/missing_library.h"

namespace gulo {
namespace {

[[noreturn]] void fail(const char* format) { fail_without_library(format, "libsndfile", "libsndfile1-dev"); }

}  // namespace

RawItem read_wav(std::span<const uint8_t>, const ReadLimits&) { fail("WAV"); }
RawItem read_flac(std::span<const uint8_t>, const ReadLimits&) { fail("FLAC"); }
RawItem read_ogg(std::span<const uint8_t>, const ReadLimits&) { fail("Ogg"); }
RawItem read_mp3(std::span<const uint8_t>, const ReadLimits&) { fail("MP3"); }
RawItem read_aiff(std::span<const uint8_t>, const ReadLimits&) { fail("AIFF"); }
RawItem read_au(std::span<const uint8_t>, const ReadLimits&) { fail("AU"); }

}  // namespace gulo
