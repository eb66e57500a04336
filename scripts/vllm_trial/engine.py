"""What vLLM generates on the CPU from a directory."""

import os

# Read while vLLM is imported. In one process, so that what fails is raised here, and ends with the process.
os.environ.update(
    VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_CPU_KVCACHE_SPACE="1", VLLM_CPU_OMP_THREADS_BIND="nobind",
    VLLM_NO_USAGE_STATS="1", VLLM_PLUGINS="", VLLM_LOGGING_LEVEL="ERROR", OMP_NUM_THREADS="1",
)  # fmt: skip

import torch
from vllm import LLM, SamplingParams, _custom_ops
from vllm.model_executor.models import registry
from vllm.platforms import current_platform
from vllm_trial.cpu import NOTES, WNA16

# vLLM asks a new Python what a model is capable of, which takes 15 s, and which would not find the empty libraries.
registry._run_in_subprocess = lambda ask: ask()

# Made known by what is imported: vLLM's kernels for this CPU.
current_platform.import_kernels()
CANDIDATES = 5


def product_of_int4(input, q_weight, scales, zeros, bias, pack_factor, isa_hint):
    """As vLLM's kernel: words of eight integers along the output channels, which come in blocks of 16."""
    columns, rows, shifts = input.shape[-1], scales.shape[1], 4 * torch.arange(8)
    nibbles = lambda words: (words.unsqueeze(-1) >> shifts & 15).flatten(-2)
    q = nibbles(q_weight.view(rows // 16, columns, 2)).permute(1, 0, 2).reshape(columns, rows)
    zero_point = torch.tensor(8) if zeros is None else nibbles(zeros).repeat_interleave(columns // zeros.shape[0], 0)
    weight = ((q - zero_point) * scales.float().repeat_interleave(columns // scales.shape[0], 0)).to(input.dtype)
    return torch.nn.functional.linear(input, weight.T, bias)


if not hasattr(torch.ops._C, "cpu_gemm_wna16"):
    _custom_ops.cpu_gemm_wna16 = product_of_int4
    NOTES.append(WNA16)


def generate(directory, prompts, count, dtype):
    """For each prompt, `count` times: the token taken, and {token: log-probability} of it and the likeliest."""
    llm = LLM(
        model=str(directory), skip_tokenizer_init=True, enforce_eager=True, dtype=dtype, max_model_len=128, seed=0,
        max_num_seqs=len(prompts), enable_prefix_caching=False,
    )  # fmt: skip
    how = SamplingParams(temperature=0, max_tokens=count, logprobs=CANDIDATES, ignore_eos=True, detokenize=False)
    results = llm.generate([{"prompt_token_ids": p} for p in prompts], how, use_tqdm=False)
    answers = [result.outputs[0] for result in results]
    return [
        [(token, {t: p.logprob for t, p in likeliest.items()}) for token, likeliest in zip(a.token_ids, a.logprobs)]
        for a in answers
    ]
