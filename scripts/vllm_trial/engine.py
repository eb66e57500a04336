"""What vLLM generates on the CPU from a directory."""

import os

# Read while vLLM is imported. In one process, so that what fails is raised here, and ends with the process.
os.environ.update(
    VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_CPU_KVCACHE_SPACE="1", VLLM_CPU_OMP_THREADS_BIND="nobind",
    VLLM_NO_USAGE_STATS="1", VLLM_PLUGINS="", VLLM_LOGGING_LEVEL="ERROR", OMP_NUM_THREADS="1",
)  # fmt: skip

from vllm import LLM, SamplingParams
from vllm.model_executor.models import registry

# vLLM asks a new Python what a model is capable of, which takes 15 s, and which would not find the empty libraries.
registry._run_in_subprocess = lambda ask: ask()

CANDIDATES = 5


def generate(directory, prompts, count, dtype="auto"):
    """For each prompt, `count` times: the token that was taken, and {token: log-probability} of it and the likeliest."""
    llm = LLM(
        model=str(directory), skip_tokenizer_init=True, enforce_eager=True, dtype=dtype, max_model_len=128, max_num_seqs=len(prompts),
        seed=0, enable_prefix_caching=False,
    )  # fmt: skip
    how = SamplingParams(temperature=0, max_tokens=count, logprobs=CANDIDATES, ignore_eos=True, detokenize=False)
    results = llm.generate([{"prompt_token_ids": p} for p in prompts], how, use_tqdm=False)
    answers = [result.outputs[0] for result in results]
    return [
        [(token, {t: p.logprob for t, p in likeliest.items()}) for token, likeliest in zip(a.token_ids, a.logprobs)]
        for a in answers
    ]
