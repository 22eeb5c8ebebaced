// Sound through libsndfile: WAV (RIFF, RIFX, RF64), FLAC, Ogg (Vorbis, Opus, FLAC), MP3, AIFF and AU, of any rate, 1 to
// 8 channels. Values: int16 of 8 and 16 bit and of u-law, A-law and ADPCM, which decode to it; int32 of 24 and 32 bit,
// the values in the high bits; float32 of float, double, and of Vorbis, Opus and MP3.
//
// A file that holds less than its header claims is cut short; a header that claims nothing is believed to mean what is
// there (sound_format.h).
#pragma once

#include "data/reader/reader.h"
#include "data/reader/sound_format.h"

namespace gulo {

// Throw as Reader::read says.
RawItem read_wav(std::span<const uint8_t> file, const ReadLimits& limits);
RawItem read_flac(std::span<const uint8_t> file, const ReadLimits& limits);
RawItem read_ogg(std::span<const uint8_t> file, const ReadLimits& limits);
RawItem read_mp3(std::span<const uint8_t> file, const ReadLimits& limits);
RawItem read_aiff(std::span<const uint8_t> file, const ReadLimits& limits);
RawItem read_au(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
