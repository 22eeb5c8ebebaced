#include "engine/feed/pixel_feed.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "data/all_items.h"

namespace gulo {
namespace {

struct Size {
  uint32_t height, width, channels;
};

// Value (y, x, c) of item i is 50 i + 10 y + x + 100 c, cut to a byte.
Corpus pictures(const std::vector<Size>& sizes) {
  Corpus corpus;
  corpus.kind = Kind::kPixels;
  corpus.labels = {"only"};
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto [height, width, channels] = sizes[i];
    for (uint32_t y = 0; y < height; ++y)
      for (uint32_t x = 0; x < width; ++x)
        for (uint32_t c = 0; c < channels; ++c)
          corpus.arena.push_back(static_cast<uint8_t>(50 * i + 10 * y + x + 100 * c));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(0);
    corpus.shapes.push_back({ValueType::kUint8, {height, width, channels}, 0});
  }
  return corpus;
}

std::vector<int> values(const Batch& batch) {
  const at::Tensor all = batch.values[0].to(at::kInt);
  return {all.const_data_ptr<int>(), all.const_data_ptr<int>() + all.numel()};
}

TEST(PixelPackerTest, WindowsAreCutMirroredAndReflectedAtTheEdge) {
  const Corpus corpus = pictures({{3, 4, 1}});
  PixelPacker packer(1);
  packer.add({corpus.view(0), 7, 1, 1, 2, 3, false});
  packer.add({corpus.view(0), 8, 0, 0, 1, 4, true});
  packer.add({corpus.view(0), 9, -1, 2, 2, 3, false});
  const Batch batch = packer.take();
  EXPECT_EQ(values(batch), (std::vector<int>{11, 12, 13, 21, 22, 23, 3, 2, 1, 0, 12, 13, 12, 2, 3, 2}));
  EXPECT_EQ(batch.owners, (std::vector<uint32_t>{7, 8, 9}));
  EXPECT_TRUE(packer.empty());
}

TEST(PixelPackerTest, GreyIsEqualColoursAndWithoutAlphaIsOpaque) {
  const Corpus corpus = pictures({{1, 1, 1}, {1, 1, 2}, {1, 1, 3}});
  PixelPacker all(4), grey(1);
  for (uint32_t i = 0; i < 3; ++i) {
    all.add({corpus.view(i), i, 0, 0, 1, 1, false});
    grey.add({corpus.view(i), i, 0, 0, 1, 1, false});
  }
  EXPECT_EQ(values(all.take()), (std::vector<int>{0, 0, 0, 255, 50, 50, 50, 150, 100, 200, 44, 255}));
  EXPECT_EQ(values(grey.take()), (std::vector<int>{0, 50, 115}));
}

TEST(PixelPackerTest, ValuesOfOtherTypesAreInTheirOwnUnit) {
  const std::vector<uint16_t> wide{0, 65535};
  const ItemShape shape{ValueType::kUint16, {1, 2, 1}, 0};
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(wide.data()), 4);
  PixelPacker packer(3);
  packer.add({{shape, bytes}, 0, 0, 0, 1, 2, false});
  const Batch batch = packer.take();
  EXPECT_EQ(batch.values[0].scalar_type(), at::kFloat);
  EXPECT_FLOAT_EQ(batch.values[0][0].item<float>(), 0);
  EXPECT_FLOAT_EQ(batch.values[0][5].item<float>(), 1);
}

TEST(PixelPackerTest, RefusesWhatIsNoPicture) {
  PixelPacker packer(3);
  EXPECT_THROW(packer.add({{{ValueType::kUint8, {0, 5, 3}, 0}, {}}, 0, 0, 0, 0, 5, false}), Error);
  const std::vector<uint8_t> five(5);
  EXPECT_THROW(packer.add({{{ValueType::kUint8, {1, 1, 5}, 0}, five}, 0, 0, 0, 1, 1, false}), Error);
}

TEST(PixelFeedTest, ServesEveryPictureOnceAnEpochInWindowsNoLargerThanAsked) {
  const Corpus corpus = pictures({{8, 8, 3}, {100, 20, 3}, {5, 60, 1}, {1, 1, 3}, {33, 33, 3}});
  PixelFeedOptions options;
  options.window = 32;
  options.batch_items = 2;
  PixelFeed feed(corpus, items_between(0, 5), options, 1);
  std::vector<uint32_t> served;
  while (feed.epochs() < 10) {
    const Batch batch = feed.next();
    EXPECT_LE(batch.values[1].max().item<int>(), 32);
    EXPECT_EQ(batch.values[0].numel(), batch.values[1].prod(1).sum().item<int64_t>() * 3);
    served.insert(served.end(), batch.owners.begin(), batch.owners.end());
  }
  for (size_t epoch = 0; epoch < 10; ++epoch) {
    const auto first = served.begin() + static_cast<std::ptrdiff_t>(epoch * 5);
    EXPECT_EQ(std::set<uint32_t>(first, first + 5).size(), 5u) << "epoch " << epoch;
  }
}

TEST(PixelFeedTest, SameSeedSameBatches) {
  const Corpus corpus = pictures({{16, 16, 3}, {40, 16, 3}, {16, 17, 3}});
  PixelFeedOptions options;
  options.window = 20;
  PixelFeed a(corpus, items_between(0, 3), options, 5), b(corpus, items_between(0, 3), options, 5),
      other(corpus, items_between(0, 3), options, 6);
  bool differs = false;
  for (int i = 0; i < 5; ++i) {
    const Batch batch = a.next();
    EXPECT_TRUE(at::equal(batch.values[0], b.next().values[0]));
    differs |= !at::equal(batch.values[0], other.next().values[0]);
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace gulo
