"""What `tessera evaluate` makes of a picture, by functions that a peer runs: tokens of image-like targets in one step, greedy texts."""

import numpy as np

PLACES = 196
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
RGB = "rgb@224"
# The first sentinel, with which a text begins; [EOS] and the second sentinel, with which it ends.
FIRST, ENDS, LONGEST = 5, (3, 6), 64


def channels_first(picture):
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None])


class Chain:
    """`run(function, inputs)` gives a function's outputs by name."""

    def __init__(self, run):
        self.run = run

    def context(self, picture, text=None):
        """What the decoder attends to, of a picture [224, 224, 3] of bytes, and its mask; where a text is to follow, also its first token."""
        pixels = channels_first((picture.astype(np.float32) / 255 - MEAN) / STD)
        parts = [self.run(f"embed_encoder.{RGB}", {"pixels": pixels})]
        if text:
            parts.append(self.run(f"embed_encoder.{text}", {"ids": np.array([[FIRST]]), "positions": np.array([[0]])}))
        tokens, emb = (np.concatenate([part[name] for part in parts], 1) for name in ("x", "emb"))
        mask = np.zeros((1, 1, tokens.shape[1]), bool)
        return {"context": self.run("encode", {"tokens": tokens, "emb": emb, "mask": mask})["context"], "context_mask": mask}

    def dense(self, target, context):
        """The most probable token of each place."""
        queries = self.run(f"embed_decoder.{target}", {"positions": np.arange(PLACES)[None]})
        out = self.run("decode", {"y": queries["y"], "self_mask": np.zeros((1, PLACES, PLACES), bool), **context})
        return self.run(f"logits.{target}", {"y": out["out"]})["logits"][0].argmax(-1).tolist()

    def sequence(self, target, picture):
        """The most probable token after the other, behind the first."""
        context, ids = self.context(picture, target), [FIRST]
        while len(ids) <= LONGEST and ids[-1] not in ENDS:
            ids.append(int(self.read(target, ids, context)[0, -1].argmax()))
        return ids

    def read(self, target, ids, context):
        """The logits of each place of a text, of those before."""
        count = len(ids)
        y = self.run(f"embed_decoder_ids.{target}", {"ids": np.array([ids]), "positions": np.arange(count)[None]})["y"]
        ahead = np.triu(np.ones((1, count, count), bool), 1)
        out = self.run("decode", {"y": y, "self_mask": ahead, **context})
        return self.run(f"logits.{target}", {"y": out["out"]})["logits"]

    def reconstruction(self, picture):
        """The tokens of the picture by the tokenizer for pictures."""
        image = channels_first(picture.astype(np.float32) / 127.5 - 1)
        return self.run("tokenize", {"image": image})["tokens"].ravel().tolist()
