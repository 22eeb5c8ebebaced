#include "data/reader/sound_reader.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <cmath>
#include <cstring>

#include "base/expect_error.h"
#include "data/reader/tiny/sound_encoder.h"

namespace gulo {
namespace {

// As the engine reads a file: by whoever recognises it.
RawItem read_any(std::span<const uint8_t> file, const ReadLimits& limits = {}) {
  const Reader* reader = find_reader(file);
  require(reader != nullptr, ErrorKind::kData, "no reader");
  return reader->read(file, limits);
}

struct SoundCase {
  const char* name;  // the reader's
  int format;
  ValueType type;
  int n_channels = 1, rate_hz = 8000;
  bool exact = true;
};

const SoundCase kCases[] = {
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16, ValueType::kInt16, 2, 44100},
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16, ValueType::kInt16, 8, 192000},
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, ValueType::kInt16, 1, 11025, false},
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_24, ValueType::kInt32},
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_32, ValueType::kInt32},
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_FLOAT, ValueType::kFloat32},
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, ValueType::kFloat32},
    {"WAV", SF_FORMAT_WAV | SF_FORMAT_ULAW, ValueType::kInt16, 1, 8000, false},
    {"WAV", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, ValueType::kInt16, 3},
    {"WAV", SF_FORMAT_RF64 | SF_FORMAT_PCM_16, ValueType::kInt16},
    {"WAV", SF_ENDIAN_BIG | SF_FORMAT_WAV | SF_FORMAT_PCM_16, ValueType::kInt16},
    {"AIFF", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, ValueType::kInt16, 2},
    {"AIFF", SF_FORMAT_AIFF | SF_FORMAT_FLOAT, ValueType::kFloat32},
    {"AU", SF_FORMAT_AU | SF_FORMAT_PCM_16, ValueType::kInt16},
    {"AU", SF_ENDIAN_LITTLE | SF_FORMAT_AU | SF_FORMAT_PCM_24, ValueType::kInt32},
    {"FLAC", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, ValueType::kInt16, 2},
    {"FLAC", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, ValueType::kInt32},
    {"Ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, ValueType::kFloat32, 2, 22050, false},
    {"Ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, ValueType::kFloat32, 1, 48000, false},
    {"MP3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, ValueType::kFloat32, 1, 16000, false},
};

// Whether this libsndfile was built with the format's codec: MP3 came with 1.1.
bool written_here(const SoundCase& one) {
  SF_INFO info{};
  info.format = one.format;
  info.channels = one.n_channels;
  info.samplerate = one.rate_hz;
  return sf_format_check(&info) != 0;
}

float value_at(const RawItem& item, size_t i) {
  std::vector<float> values(item.shape.n_values());
  values_as_float({item.shape, item.bytes}, values);
  return values[i];
}

TEST(SoundReader, EveryFormatGivesItsSamples) {
  for (const SoundCase& one : kCases) {
    SCOPED_TRACE(fmt::format("{} {:x}", one.name, one.format));
    if (!written_here(one)) continue;
    const auto file = encode_sound(one.format, 4000, one.n_channels, one.rate_hz);
    ASSERT_NE(find_reader(file), nullptr);
    EXPECT_EQ(find_reader(file)->name, one.name);
    EXPECT_EQ(find_reader(file)->kind, Kind::kSamples);
    const RawItem item = read_any(file);
    EXPECT_EQ(item.shape.type, one.type);
    EXPECT_EQ(item.shape.extents[1], static_cast<uint32_t>(one.n_channels));
    EXPECT_EQ(item.shape.rate_hz, static_cast<uint32_t>(one.rate_hz));
    EXPECT_EQ(item.bytes.size(), item.shape.n_bytes());
    EXPECT_TRUE(item.shape.extents[0] == 4000 || std::string_view(one.name) == "MP3") << item.shape.extents[0];
    if (!one.exact) continue;
    const auto expected = tiny_wave(4000, one.n_channels);
    for (const size_t i : {0u, 1u, 31u, 3999u})
      EXPECT_NEAR(value_at(item, i), static_cast<float>(expected[i]) / 32767.f, 2e-5) << i;
  }
}

TEST(SoundReader, SixteenBitsStayTheirBits) {
  const auto expected = tiny_wave(500, 2);
  for (const int format : {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16}) {
    const RawItem item = read_any(encode_sound(format, 500, 2));
    ASSERT_EQ(item.bytes.size(), expected.size() * sizeof(short));
    EXPECT_EQ(std::memcmp(item.bytes.data(), expected.data(), item.bytes.size()), 0);
  }
}

TEST(SoundReader, FloatsArePassedThroughAsTheyAre) {
  auto file = encode_sound(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 100);
  const float odd[] = {1e20f, NAN, -INFINITY, 3.5f};
  std::memcpy(file.data() + file.size() - sizeof odd, odd, sizeof odd);
  const RawItem item = read_any(file);
  EXPECT_EQ(std::memcmp(item.bytes.data() + item.bytes.size() - sizeof odd, odd, sizeof odd), 0);
}

TEST(SoundReader, CutShortIsAnErrorWhereverItIsCut) {
  for (const SoundCase& one : kCases) {
    SCOPED_TRACE(fmt::format("{} {:x}", one.name, one.format));
    if (!written_here(one)) continue;
    const auto file = encode_sound(one.format, 4000, one.n_channels, one.rate_hz);
    if (std::string_view(one.name) == "MP3") continue;  // has no size of its own
    for (const size_t n : {file.size() / 4, file.size() / 2, file.size() - file.size() / 16}) {
      const std::span<const uint8_t> part(file.data(), n);
      EXPECT_NE(error_text(ErrorKind::kData, [&] { read_any(part); }), "") << n << " of " << file.size();
    }
  }
}

TEST(SoundReader, EveryHeadThatIsCutShortIsReadWithoutHarm) {
  for (const SoundCase& one : kCases) {
    if (!written_here(one)) continue;
    const auto file = encode_sound(one.format, 300, one.n_channels, one.rate_hz);
    for (size_t n = 0; n < std::min<size_t>(file.size(), 200); ++n) {
      const std::vector<uint8_t> part(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n));
      const Reader* reader = find_reader(part);
      if (!reader || std::string_view(one.name) == "MP3") continue;
      EXPECT_THROW(reader->read(part, {}), Error) << one.name << ' ' << n;
    }
  }
}

TEST(SoundReader, AStreamsHeaderClaimsNothing) {
  const auto whole = encode_sound(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1000);
  for (const uint32_t claimed : {0u, 0xFFFFFFFFu, 0x7FFFF000u}) {
    auto file = whole;
    std::memcpy(file.data() + 4, &claimed, 4);
    std::memcpy(file.data() + file.size() - 2000 - 4, &claimed, 4);
    EXPECT_EQ(read_any(file).shape.extents[0], 1000u) << claimed;
  }
}

TEST(SoundReader, MoreThanTheLimitsIsRefused) {
  const auto file = encode_sound(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 4000);
  EXPECT_EQ(read_any(file, {.max_bytes = 8000}).bytes.size(), 8000u);
  EXPECT_NE(error_text(ErrorKind::kData, [&] { read_any(file, {.max_bytes = 7999}); }).find("more than"),
            std::string::npos);
}

TEST(SoundReader, AFlacHeaderThatClaimsAHundredThousandMillionFramesTakesNoMemory) {
  auto file = encode_sound(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1000);
  file[21] |= 0x0F;  // the highest four of the 36 bits of STREAMINFO's number of samples
  error_text(ErrorKind::kData, [&] { read_any(file); });
  file[21] &= 0xF0;
  file[22] = 0x05;  // 84 million: within the limits, and not there
  EXPECT_NE(error_text(ErrorKind::kData, [&] { read_any(file); }).find("cut short"), std::string::npos);
}

TEST(SoundReader, NoFramesAndTooManyChannels) {
  EXPECT_NE(error_text(ErrorKind::kData, [] { read_any(encode_sound(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0)); }), "");
  const auto nine = encode_sound(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 10, 9);
  EXPECT_NE(error_text(ErrorKind::kData, [&] { read_any(nine); }).find("9 channels"), std::string::npos);
}

TEST(SoundReader, FlippedBytesNeverHarm) {
  for (const SoundCase& one : kCases) {
    if (!written_here(one)) continue;
    const auto whole = encode_sound(one.format, 300, one.n_channels, one.rate_hz);
    uint32_t random = 1;
    for (int round = 0; round < 40; ++round) {
      auto file = whole;
      for (int i = 0; i < 4; ++i) {
        random = random * 1664525 + 1013904223;
        file[random / 7 % file.size()] ^= static_cast<uint8_t>(1u << (random >> 29));
      }
      try {
        const Reader* reader = find_reader(file);
        if (reader) reader->read(file, {.max_bytes = 1 << 20});
      } catch (const Error&) {
      }
    }
  }
}

TEST(SoundReader, WhatIsNoSoundIsNotRecognised) {
  for (const std::string_view text :
       {"", "RIFF", "RIFF....AVI LIST", "\xFF\xFE u t f", "\xFF\xFB\xF0\x00", "OggX", "FORM....ILBM"})
    EXPECT_EQ(find_reader({reinterpret_cast<const uint8_t*>(text.data()), text.size()}), nullptr) << text;
}

}  // namespace
}  // namespace gulo
