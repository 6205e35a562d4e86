"""Lines as public READMEs, pages and scripts have them; what each says is in public_lines.json.

Where the blanks matter, or marks that a raw text cannot hold, they are spelled out.
"""

LINES: dict[str, str] = {}

LINES["vllm"] = r"""
docker run --runtime nvidia --gpus all \
    -v ~/.cache/huggingface:/root/.cache/huggingface \
    --env "HUGGING_FACE_HUB_TOKEN=$HF_TOKEN" \
    -p 8000:8000 \
    --ipc=host \
    vllm/vllm-openai:latest \
    --model mistralai/Mistral-7B-v0.1
"""
LINES["vllm, each line with a comment"] = r"""
docker run \
  --runtime nvidia \          # 使用 NVIDIA Container Runtime
  --gpus all \                # 使用所有 GPU
  -p 8000:8000 \              # 端口映射
  -v ~/.cache/huggingface:/root/.cache/huggingface \  # 挂载模型缓存
  --ipc=host \                # 共享内存（多卡必需）
  vllm/vllm-openai:latest \
  --model facebook/opt-125m   # 模型名称
"""
LINES["vllm, as model cards have it"] = """
# Deploy with docker on Linux:
docker run --runtime nvidia --gpus all \\
\t--name my_vllm_container \\
\t-v ~/.cache/huggingface:/root/.cache/huggingface \\
 \t--env "HUGGING_FACE_HUB_TOKEN=<secret>" \\
\t-p 8000:8000 \\
\t--ipc=host \\
\tvllm/vllm-openai:latest \\
\t--model meta-llama/Llama-3.1-8B-Instruct
"""
LINES["lmcache"] = r"""
    docker run --runtime nvidia --gpus all \
        --network host \
        --ipc host \
        lmcache/standalone:nightly \
        /opt/venv/bin/python3 -m lmcache.v1.multiprocess.server \
        --cpu-buffer-size 60 --max-workers 4 --port 6555
"""
LINES["sglang"] = r"""
docker run --gpus all --shm-size 32g -p 30000:30000 -v ~/.cache/huggingface:/root/.cache/huggingface \
    --env "HF_TOKEN=<secret>" --ipc=host lmsysorg/sglang:latest \
    python3 -m sglang.launch_server --model-path meta-llama/Llama-3.1-8B-Instruct \
    --host 0.0.0.0 --port 30000
"""
LINES["ollama"] = (
    "docker run -d --gpus=all -v ollama:/root/.ollama -p 11434:11434 --name ollama ollama/ollama"
)
LINES["ollama, in a script"] = r"""
#!/bin/bash

# CPU only
# docker run -d -v ollama:/root/.ollama -p 11434:11434 --name ollama ollama/ollama

docker run --rm -d --gpus=all -v ollama:/root/.ollama -p 11434:11434 --name ollama ollama/ollama
"""
LINES["open webui"] = r"""
docker run -d -p 3000:8080 --add-host=host.docker.internal:host-gateway \
    -v open-webui:/app/backend/data --name open-webui --restart always \
    ghcr.io/open-webui/open-webui:main
"""
LINES["open webui, for PowerShell"] = """
docker run -d `
  --name open-webui `
  -p 3000:8080 `
  -e OPENAI_API_BASE_URL=http://host.docker.internal:51211/v1 `
  -e OPENAI_API_KEY=foundry-local-key `
  -v open-webui-data:/app/backend/data `
  ghcr.io/open-webui/open-webui:main
"""
LINES["text generation inference"] = r"""
model=HuggingFaceH4/zephyr-7b-beta
# share a volume with the Docker container to avoid downloading weights every run
volume=$PWD/data

docker run --gpus all --shm-size 1g -p 8080:80 -v $volume:/data \
    ghcr.io/huggingface/text-generation-inference:3.0.0 \
    --model-id $model
"""
LINES["text generation inference, in one line"] = r"""
model=teknium/OpenHermes-2.5-Mistral-7B
volume=$PWD/data # share a volume with the Docker container to avoid downloading weights every run

docker run --gpus all --shm-size 1g -p 8080:80 -v $volume:/data ghcr.io/huggingface/text-generation-inference:1.4 --model-id $model
"""  # noqa: E501
LINES["text embeddings inference"] = r"""
#!/bin/bash

model=BAAI/bge-reranker-large
volume=$PWD/data # share a volume with the Docker container to avoid downloading weights every run

docker run -p 38086:80 --name text-embedding-inference-app -v $volume:/data --pull always ghcr.io/huggingface/text-embeddings-inference:cpu-1.6 --model-id $model &
"""  # noqa: E501
LINES["text embeddings inference on Gaudi"] = r"""
   model=BAAI/bge-large-en-v1.5
   volume=$PWD/data # share a volume with the Docker container to avoid downloading weights every run

   docker run -p 8080:80 -v $volume:/data --runtime=habana -e HABANA_VISIBLE_DEVICES=all -e OMPI_MCA_btl_vader_single_copy_mechanism=none -e MAX_WARMUP_SEQUENCE_LENGTH=512 --cap-add=sys_nice --ipc=host ghcr.io/huggingface/tei-gaudi:latest --model-id $model --pooling cls
"""  # noqa: E501
LINES["text embeddings inference on ROCm"] = r"""
model=BAAI/bge-base-en-v1.5
volume=$PWD/data  # share a volume to avoid re-downloading weights

docker run \
  --device /dev/kfd --device /dev/dri/renderD128 \
  --group-add video \
  --ipc=host \
  -p 8080:80 \
  -v $volume:/data \
  --pull always \
  ghcr.io/huggingface/text-embeddings-inference:rocm-latest \
  --model-id $model --dtype bfloat16
"""
LINES["lorax"] = r"""
model=mistralai/Mistral-7B-Instruct-v0.1
volume=$PWD/data  # share a volume with the container as a weight cache

docker run --gpus all --shm-size 1g -p 8080:80 -v $volume:/data \
    ghcr.io/predibase/lorax:main --model-id $model
"""
LINES["jupyter docker stacks"] = r"""
docker run -it --rm -p 10000:8888 -v "${PWD}":/home/jovyan/work quay.io/jupyter/scipy-notebook:2025-03-14
"""
LINES["jupyter docker stacks, as root"] = r"""
docker run -it --rm  --user root -e GRANT_SUDO=yes -p 8888:8888 -v "${PWD}":/home/jovyan/work quay.io/jupyter/datascience-notebook
"""  # noqa: E501
LINES["jupyter, in a batch file"] = r"""docker run -it --rm -p 8888:8888 -v "%cd%":/workspace jupyter-c-env"""
LINES["comfyui"] = r"""
mkdir -p storage

docker run -it --rm \
  --name comfyui-cu126 \
  --gpus all \
  -p 8188:8188 \
  -v "$(pwd)"/storage:/root \
  -e CLI_ARGS="" \
  yanwk/comfyui-boot:cu126-slim
"""
LINES["litellm"] = (
    "docker run -e OPENAI_API_KEY=sk-your-key-here -p 4000:4000 ghcr.io/berriai/litellm:main-latest "
    "--port 4000"
)
LINES["triton"] = (
    "sudo docker run --gpus=1 --rm -p8000:8000 -p8001:8001 -p8002:8002 -v/yolo/model_repository:/models "
    "nvcr.io/nvidia/tritonserver:21.08-py3 tritonserver --model-repository=/models "
    "--strict-model-config=false"
)
LINES["triton, for PowerShell"] = r"""
$repo = "C:\models\triton"
$Image = "nvcr.io/nvidia/tritonserver:24.09-py3"

docker run --rm --gpus=all `
  -p 8000:8000 -p 8001:8001 -p 8002:8002 `
  -v "${repo}:/models" `
  $Image `
  tritonserver --model-repository=/models
"""
LINES["lmdeploy"] = r"""
docker run --runtime nvidia --gpus all \
    -v ~/.cache/huggingface:/root/.cache/huggingface \
    --env "HUGGING_FACE_HUB_TOKEN=<secret>" \
    -p 23333:23333 \
    --ipc=host \
    openmmlab/lmdeploy:latest \
    lmdeploy serve api_server internlm/internlm2-chat-7b
"""
LINES["lmdeploy, in a batch file"] = r"""
set "LMDEPLOY_MODEL=Qwen/Qwen2.5-Coder-1.5B-Instruct"
set "LMDEPLOY_HOST_PORT=8002"

docker run --rm ^
  --gpus all ^
  --ipc=host ^
  -e HF_TOKEN=%HF_TOKEN% ^
  -e HF_HOME=/root/.cache/huggingface ^
  -p %LMDEPLOY_HOST_PORT%:23333 ^
  -v "%USERPROFILE%\.cache\huggingface:/root/.cache/huggingface" ^
  openmmlab/lmdeploy:latest ^
  lmdeploy serve api_server %LMDEPLOY_MODEL% ^
  --server-port 23333 ^
  --model-name qwen2.5-coder ^
  --tp 1
"""
LINES["localai"] = r"""
docker run -p 8080:8080 --name local-ai -ti localai/localai:latest-aio-cpu
# Do you have a Nvidia GPUs? Use this instead
# CUDA 11
# docker run -p 8080:8080 --gpus all --name local-ai -ti localai/localai:latest-aio-gpu-nvidia-cuda-11
"""
LINES["xinference"] = (
    "docker run --name xinference -d -p 9997:9997 -e XINFERENCE_HOME=/data -v </on/your/host>:/data "
    "--gpus all xprobe/xinference:latest xinference-local -H 0.0.0.0"
)
LINES["xinference, with a version to choose"] = r"""
docker run -e XINFERENCE_MODEL_SRC=modelscope -p 9998:9997 --gpus all xprobe/xinference:v<your_version> xinference-local -H 0.0.0.0 --log-level debug
"""  # noqa: E501
LINES["nemo"] = r"""
docker run --gpus all -it --rm -v <nemo_github_folder>:/NeMo --shm-size=8g \
-p 8888:8888 -p 6006:6006 --ulimit memlock=-1 --ulimit \
stack=67108864 --device=/dev/snd nvcr.io/nvidia/pytorch:23.06-py3
"""
LINES["rapids"] = r"""
docker run --gpus all --rm -it -p 8888:8888 -v $(pwd):/workspace \
    rapidsai/notebooks:24.12-cuda12.0-py3.11
"""
LINES["whisper"] = (
    "docker run -d -p 9000:9000 -e ASR_MODEL=small.en -e ASR_ENGINE=openai_whisper "
    "onerahmet/openai-whisper-asr-webservice:latest"
)
LINES["paddle"] = (
    'docker run -itd -p 80:80  --env USER_PASSWD="Test1024" -v $PWD:/home/paddle '
    "registry.baidubce.com/paddlepaddle/paddle:2.3.2-jupyter"
)
LINES["label studio"] = (
    "docker run --rm -it -p 8080:8080 -v `pwd`/mydata:/label-studio/data heartexlabs/label-studio:latest"
)
LINES["invokeai"] = "docker run --runtime=nvidia --gpus=all --publish 9090:9090 ghcr.io/invoke-ai/invokeai"
LINES["qdrant, for PowerShell"] = """
docker run -d `
  --name student-management-qdrant `
  -p 6333:6333 `
  -p 6334:6334 `
  -v qdrant_storage:/qdrant/storage `
  qdrant/qdrant
"""
LINES["milvus"] = r"""
docker run -d --name milvus-standalone --security-opt seccomp:unconfined \
  -e ETCD_USE_EMBED=true -e ETCD_DATA_DIR=/var/lib/milvus/etcd \
  -e ETCD_CONFIG_PATH=/milvus/configs/embedEtcd.yaml -e COMMON_STORAGETYPE=local \
  -v <本地目录>/embedEtcd.yaml:/milvus/configs/embedEtcd.yaml \
  -v milvus_kb_data:/var/lib/milvus \
  -p 19530:19530 -p 9091:9091 milvusdb/milvus:v2.5.10 milvus run standalone
"""
LINES["mlflow"] = r"""
  docker run -p 5000:5000 ghcr.io/mlflow/mlflow:latest \
    mlflow server --host 0.0.0.0
"""
LINES["modelscope"] = (
    "docker run -itd --name modelscope --gpus all -p 37000:9000 registry.cn-hangzhou.aliyuncs.com/"
    "modelscope-repo/modelscope:ubuntu20.04-cuda11.3.0-py37-torch1.11.0-tf1.15.5-1.4.1"
)
LINES["tensorflow, behind a prompt"] = (
    "> docker run -it --gpus all -p 8889:8888 tensorflow/tensorflow:latest-gpu-jupyter"
)
LINES["tensorflow, in columns"] = r"""
docker run -it --rm --runtime=nvidia     \
-v $(realpath ~/notebooks):/tf/notebooks \
-p 8888:8888 -p 6006:6006                \
tensorflow/tensorflow:latest-gpu-jupyter
"""
LINES["pytorch on ROCm"] = r"""
docker run --rm --device /dev/dri --device /dev/kfd \
  rocm/pytorch:latest python -c "import torch; print(torch.cuda.is_available())"
"""
LINES["pytorch of NVIDIA"] = r"""
sudo docker run --gpus '"device=0,1"' --rm -ti --ipc=host --ulimit memlock=-1 \
    -v $(pwd):/workspace -w /workspace nvcr.io/nvidia/pytorch:24.05-py3 \
    bash -c 'pip install -r requirements.txt && python train.py --lr "1e-3"'
"""
LINES["llama factory"] = "docker run -it --rm --gpus=all --ipc=host hiyouga/llamafactory:latest"
LINES["nim"] = r"""
export NGC_API_KEY=<PASTE_API_KEY_HERE>
export LOCAL_NIM_CACHE=~/.cache/nim
mkdir -p "$LOCAL_NIM_CACHE"
docker run -it --rm \
    --gpus all \
    --shm-size=16GB \
    -e NGC_API_KEY \
    -v "$LOCAL_NIM_CACHE:/opt/nim/.cache" \
    -u $(id -u) \
    -p 8000:8000 \
    nvcr.io/nim/nvidia/llama-3.3-nemotron-super-49b-v1:latest
"""
LINES["nim, put together of variables"] = r"""
# Choose a container name for bookkeeping
export CONTAINER_NAME=Mistral-7B-Instruct

Repository=nim/mistralai/mistral-7b-instruct-v0.3
Latest_Tag=1.3.0

export IMG_NAME="nvcr.io/${Repository}:${Latest_Tag}"

# Choose a path on your system to cache the downloaded models
export LOCAL_NIM_CACHE=~/.cache/nim
mkdir -p "$LOCAL_NIM_CACHE"

# Start the LLM NIM
docker run -d --name=$CONTAINER_NAME \
  --restart unless-stopped \
  --runtime=nvidia \
  --gpus all \
  -e NIM_KVCACHE_PERCENT=0.2 \
  -v "$LOCAL_NIM_CACHE:/opt/nim/.cache" \
  -u $(id -u) \
  -p 8022:8000 \
  $IMG_NAME
"""
LINES["nim, with adapters"] = r"""
export LOCAL_PEFT_DIRECTORY=~/nim/loras
export NIM_PEFT_REFRESH_INTERVAL=3600
export NIM_PEFT_SOURCE=/tmp/loras
export CONTAINER_NAME=llama3-8b-instruct
docker run -it --rm --name=$CONTAINER_NAME \
    --runtime=nvidia \
    --gpus all \
    --shm-size=16GB \
    -e NGC_API_KEY=$NGC_API_KEY \
    -e NIM_PEFT_SOURCE \
    -e NIM_PEFT_REFRESH_INTERVAL \
    -v $LOCAL_PEFT_DIRECTORY:$NIM_PEFT_SOURCE \
    -p 8000:8000 \
    nvcr.io/nim/meta/llama3-8b-instruct:1.0.0
"""
LINES["fastchat"] = r"""
docker run -dt --name fastchat --restart=always --gpus all --network=host \
-v <Your code directory>:/code \
-v <Your model and dataset directory>:/hf \
-v <Your output directory>:/output \
-w /code \
tafflan/llm_dockers:fastchat-0.0.2 \
/bin/bash
"""
LINES["stable diffusion webui"] = r"""
docker run \
  --name stable-diffusion-webui \
  --gpus '"device=0"' \
  --env NVIDIA_VISIBLE_DEVICES=all \
  --publish 7860:7860 \
  --restart unless-stopped \
  --volume ./models:/app/stable-diffusion-webui/models \
  --volume ./outputs:/app/stable-diffusion-webui/outputs \
  sd-webui:latest
"""
LINES["hindsight, in a batch file"] = r"""
docker run --rm -it --pull always -p 8888:8888 -p 9999:9999 ^
  -e HINDSIGHT_API_LLM_API_KEY=%OPENAI_OR_GROQ_KEY% ^
  -e HINDSIGHT_API_LLM_PROVIDER=groq ^
  -v %USERPROFILE%\.hindsight-docker:/home/hindsight/.pg0 ^
  ghcr.io/vectorize-io/hindsight:latest
"""
LINES["postgres, behind a prompt of PowerShell"] = """
PS C:\\> docker run -d `
  --name postgres `
  -e POSTGRES_PASSWORD=yourpassword `
  -e POSTGRES_DB=aishacrm `
  -p 5432:5432 `
  postgres:15-alpine
"""
LINES["sql server, behind a prompt of PowerShell"] = (
    r'PS C:\> docker run --name MSSQL -e "ACCEPT_EULA=Y" -e "MSSQL_SA_PASSWORD=Password2022" -p 1433:1433 -d '
    "mcr.microsoft.com/mssql/server:2019-latest"
)
LINES["krp, for PowerShell"] = r"""
docker run -d `
   --name krp `
   -v "${env:USERPROFILE}\.kube:/root/.kube" `
   -v "${env:USERPROFILE}\.krp:/root/.krp" `
   -v "c/Windows/System32/drivers/etc/:/windows_etc/" `
   -e ASPNETCORE_Kestrel__Certificates__Default__Path="/root/.krp/krp.pfx" `
   eddietisma/krp:latest
"""
LINES["consulta antecedentes, in a batch file"] = r"""
docker run -d ^
  --name consulta-api ^
  -p 8000:8000 ^
  -v "%CD%/cookies.json:/app/cookies.json" ^
  -v "%CD%/logs:/app/logs" ^
  --restart unless-stopped ^
  consulta-antecedentes-api
"""
LINES["an image of Amazon, with lines of comments"] = """
docker run -it \\ # run in interactive mode
    --runtime nvidia \\ # required for GPU support
    # pass data from AMI image to container
    --mount type=bind,source=/home/ec2-user/data,target=/data \\ \n\
    --rm \\ # remove container instance after session
    -e AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID} \\  \n\
    -e AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY} \\
    ${DOCKER_IMG_NAME}
"""
LINES["colloidoscope"] = """
docker run -it \\
\t-v <data_dir>:<data_dir> \\ # mount data directory as volume
\t-v <repo_dir>:/colloidoscope \\ # mount git repo directory as volume for interactive access
\t--gpus all \\ # allow the container to use all gpus
\t--network=host \\ # if you're on vpn
\tzebrafish
"""
LINES["docker practice"] = r"""
$ docker run -d -P \
    --name app \
    # -v vol:/wepapp \
    --mount source=vol,target=/webapp \
    training/webapp \
    python app.py
"""
LINES["a course on Django"] = """
      $ docker run -it \\ # 도커 컨테이너를 생성&실행
          --rm \\ # 컨테이너 종료시, 컨테이너를 삭제하는 옵션
      \t\t-p 8000:8000 \\ # 8000 포트 사용
      \t  django-project \\ # django-project라는 이미지를 사용
      \t\t./manage.py runserver 0:8000 # 컨테이너 실행 후 해당 명령어를 실행
"""
LINES["solr"] = "$> docker run --name local-solr -d -p 8983:8983 -t solr:9.5.0-slim"
LINES["mongo and redis, in a quotation"] = """
> docker run -d --name mongo -p 27017:27017 mongo:7
> docker run -d --name redis -p 6379:6379 redis:7-alpine
"""
LINES["a terminal"] = """
$ docker run -d \\
> --gpus all \\
> --name trainer \\
> -p 6006:6006 \\
> pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime \\
> tensorboard --logdir /runs --bind_all
9f4a3c1b2d5e
"""
LINES["podman"] = r"""
podman run --rm --device nvidia.com/gpu=0 --device nvidia.com/gpu=1 --security-opt=label=disable \
    --replace --userns=keep-id -e TZ=Asia/Shanghai docker.io/library/ubuntu nvidia-smi -L
"""
LINES["nerdctl"] = "nerdctl -n k8s.io run -dp 5432:5432 -ePOSTGRES_PASSWORD=x -e POSTGRES_USER postgres:16"
LINES["cuda"] = "docker container run --rm -it --entrypoint=/bin/bash nvidia/cuda:12.4.1-base -c nvidia-smi"
LINES["a pipe"] = (
    "$ docker pull img:1 && docker run -i img:1 python - < in.py > out 2>&1 | tee log & docker logs x"
)
LINES["a page with blanks of its own"] = (
    "docker\xa0run\xa0--gpus all\xa0\\\xa0\n\xa0\xa0-p 7860:7860 \\\xa0\n"
    "\u3000ghcr.io/\u200bai-dock/comfyui:latest"
)
LINES["ppio"] = r"""
curl --request POST \
  --url https://api.ppio.com/gpus/v2/instances \
  --header 'Authorization: <authorization>' \
  --header 'Content-Type: <content-type>' \
  --data '
{
  "name": "example-instance",
  "product_id": "product-id",
  "image": "registry.example.com/namespace/image:tag",
  "billing": {
    "mode": "prepaid"
  },
  "resource": {
    "rootfs_size_gb": 20,
    "gpu_num": 1,
    "min_cuda_version": ""
  }
}
'
"""
LINES["ppio, the body in a variable"] = r"""
BODY='{"name": "demo", "image": "ubuntu:24.04"}'
curl -X POST "https://api.ppio.com/gpus/v2/instances" \
  -H "Authorization: Bearer $PPIO_API_KEY" \
  -H "Content-Type: application/json" \
  -d "$BODY"
"""
LINES["ppio, the body in a document"] = r"""
NAME=demo
BODY=$(cat <<EOF
{"name": "$NAME", "image": "ubuntu:24.04"}
EOF
)
curl -sS -X POST https://api.ppio.com/gpus/v2/instances -H 'Authorization: Bearer {{API 密钥}}' \
  -H 'Content-Type: application/json' -d "$BODY"
"""
LINES["novita, in a batch file"] = r"""
C:\Users\me>curl -X POST "https://api.novita.ai/gpus/v2/instances" ^
  -H "Authorization: Bearer %NOVITA_API_KEY%" ^
  -H "Content-Type: application/json" ^
  -d "{\"name\": \"demo\", \"image\": \"ubuntu:24.04\"}"
"""
