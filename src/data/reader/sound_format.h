// What can be told of a sound file without decoding it: its format, and whether all of it is there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gulo {

bool is_wav(std::span<const uint8_t> head);
bool is_flac(std::span<const uint8_t> head);
bool is_ogg(std::span<const uint8_t> head);
bool is_mp3(std::span<const uint8_t> head);
bool is_aiff(std::span<const uint8_t> head);
bool is_au(std::span<const uint8_t> head);

// Whether the header of a WAV, AIFF or AU file claims more than there is, or the last page of an Ogg file is not whole.
// A size of 2 GiB - 4 KiB and more is what programs write who do not know it yet, and claims nothing.
bool sound_is_cut_short(std::span<const uint8_t> file);

// Whether it is a WAV file of a program that wrote into a pipe and left all sizes 0; and such a file with the size put
// in.
bool is_unsized_wav(std::span<const uint8_t> file);
std::vector<uint8_t> with_data_size(std::span<const uint8_t> file);

}  // namespace gulo
