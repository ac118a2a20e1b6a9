<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
 <context>
  <name>SegDesk</name>
  <message numerus="yes">
   <source>%n as the file names them</source>
   <translation>
    <numerusform>%n 个，按文件中的名称</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n change(s) could not be saved.</source>
   <translation>
    <numerusform>有 %n 处更改无法保存。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n change(s) not saved</source>
   <translation>
    <numerusform>%n 处更改未保存</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n chosen picture(s)</source>
   <translation>
    <numerusform>%n 张选定的图片</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n class(es)</source>
   <translation>
    <numerusform>%n 个类别</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n class(es) become</source>
   <translation>
    <numerusform>%n 个类别变成</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n command(s) left out: not known here, or keys that cannot be given.</source>
   <translation>
    <numerusform>略过 %n 个命令：此处没有，或其快捷键不能分配。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n day(s) ago</source>
   <translation>
    <numerusform>%n 天前</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n done before</source>
   <translation>
    <numerusform>%n 张此前已处理</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n failed</source>
   <translation>
    <numerusform>%n 张失败</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n item(s) left out</source>
   <translation>
    <numerusform>略过 %n 项</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n item(s) would be left out</source>
   <translation>
    <numerusform>将略过 %n 项</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n left out.</source>
   <translation>
    <numerusform>略过 %n 张。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n line(s) copied.</source>
   <translation>
    <numerusform>已复制 %n 行。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n minute(s)</source>
   <translation>
    <numerusform>%n 分钟</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n model(s)</source>
   <translation>
    <numerusform>%n 个模型</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n more run(s) waited behind it.</source>
   <translation>
    <numerusform>其后还有 %n 个运行在等待。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n object(s)</source>
   <translation>
    <numerusform>%n 个对象</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n picture(s)</source>
   <translation>
    <numerusform>%n 张图片</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n picture(s) did not come back</source>
   <translation>
    <numerusform>%n 张图片没有读回</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n picture(s) left out</source>
   <translation>
    <numerusform>略过 %n 张图片</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n picture(s) segmented</source>
   <translation>
    <numerusform>已分割 %n 张图片</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n pixel(s) belong to another object</source>
   <translation>
    <numerusform>%n 个像素属于另一个对象</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n pixel(s) have another class</source>
   <translation>
    <numerusform>%n 个像素的类别不同</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n processor core(s)</source>
   <translation>
    <numerusform>%n 个处理器核心</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n refinement(s)</source>
   <translation>
    <numerusform>%n 项精修</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n run(s)</source>
   <translation>
    <numerusform>%n 次运行</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n second(s)</source>
   <translation>
    <numerusform>%n 秒</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n verified left alone</source>
   <translation>
    <numerusform>%n 张已确认，未改动</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n with hand work kept</source>
   <translation>
    <numerusform>%n 张保留了人工修改</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>%n, numbered</source>
   <translation>
    <numerusform>%n 个，按编号</numerusform>
   </translation>
  </message>
  <message>
   <source>&amp;Edit</source>
   <translation>编辑(&amp;E)</translation>
  </message>
  <message>
   <source>&amp;File</source>
   <translation>文件(&amp;F)</translation>
  </message>
  <message>
   <source>&amp;Help</source>
   <translation>帮助(&amp;H)</translation>
  </message>
  <message>
   <source>&amp;Labels</source>
   <translation>标注(&amp;L)</translation>
  </message>
  <message>
   <source>&amp;Model</source>
   <translation>模型(&amp;M)</translation>
  </message>
  <message>
   <source>&amp;Picture</source>
   <translation>图片(&amp;P)</translation>
  </message>
  <message>
   <source>&amp;View</source>
   <translation>视图(&amp;V)</translation>
  </message>
  <message>
   <source>({change} since it was opened)</source>
   <translation>（打开以来 {change}）</translation>
  </message>
  <message>
   <source>, </source>
   <translation>，</translation>
  </message>
  <message>
   <source>--map takes THEIRS=OURS, not {text}.</source>
   <translation>--map 的格式是 对方=我方，而不是 {text}。</translation>
  </message>
  <message>
   <source>--out, --workers, --cores and --threads are for runs on a cluster.</source>
   <translation>--out、--workers、--cores 和 --threads 只用于在集群上运行。</translation>
  </message>
  <message>
   <source>.</source>
   <translation>。</translation>
  </message>
  <message>
   <source>0 is what has no label.</source>
   <translation>0 表示没有标注。</translation>
  </message>
  <message>
   <source>0 to 1</source>
   <translation>0 到 1</translation>
  </message>
  <message>
   <source>0 to 255</source>
   <translation>0 到 255</translation>
  </message>
  <message>
   <source>10 to 50 M</source>
   <translation>1000 万至 5000 万</translation>
  </message>
  <message>
   <source>100 %</source>
   <translation>100 %</translation>
  </message>
  <message>
   <source>12 looks: 6 sizes, mirrored</source>
   <translation>看 12 次：6 种尺寸，含镜像</translation>
  </message>
  <message>
   <source>16 bits</source>
   <translation>16 位</translation>
  </message>
  <message>
   <source>2 looks: mirrored</source>
   <translation>看 2 次：含镜像</translation>
  </message>
  <message>
   <source>32 pixels</source>
   <translation>32 像素</translation>
  </message>
  <message>
   <source>6 looks: 3 sizes, mirrored</source>
   <translation>看 6 次：3 种尺寸，含镜像</translation>
  </message>
  <message>
   <source>8 bits where they fit</source>
   <translation>够用时为 8 位</translation>
  </message>
  <message>
   <source>8 pixels</source>
   <translation>8 像素</translation>
  </message>
  <message>
   <source>95 % interval, bootstrap over pictures</source>
   <translation>95 % 置信区间，按图片自助法重抽样</translation>
  </message>
  <message>
   <source>A JSON file beside each picture; masks keep every pixel, polygons can be moved by hand in labelme.</source>
   <translation>每张图片旁一个 JSON 文件；掩膜保留每个像素，多边形可在 labelme 中手动移动。</translation>
  </message>
  <message>
   <source>A PNG of class numbers for every picture, with the 150 classes of the scene parsing benchmark only.</source>
   <translation>每张图片一个类别编号 PNG，只含场景解析基准的 150 个类别。</translation>
  </message>
  <message>
   <source>A PNG of class numbers for every picture, with the 171 classes of COCO-Stuff only.</source>
   <translation>每张图片一个类别编号 PNG，只含 COCO-Stuff 的 171 个类别。</translation>
  </message>
  <message>
   <source>A PNG of segment numbers for every picture and one JSON file; things and stuff together.</source>
   <translation>每张图片一个区段编号 PNG，外加一个 JSON 文件；对象类和区域类合在一起。</translation>
  </message>
  <message>
   <source>A PNG with a clear background for each object, in a folder for each class.</source>
   <translation>每个对象一个透明背景的 PNG，按类别分文件夹。</translation>
  </message>
  <message>
   <source>A class needs a name.</source>
   <translation>类别需要名称。</translation>
  </message>
  <message>
   <source>A class without objects that covers fewer pixels in all becomes void.</source>
   <translation>区域类的总像素数少于此值时设为未标注。</translation>
  </message>
  <message>
   <source>A colour PNG of classes and objects for every picture; at most 255 objects of a class in a picture.</source>
   <translation>每张图片一个存放类别与物体的彩色 PNG；一张图片中每类至多 255 个物体。</translation>
  </message>
  <message>
   <source>A confidence is a number from 0 to 1, not {value}.</source>
   <translation>置信度是 0 到 1 的数，不能是 {value}。</translation>
  </message>
  <message>
   <source>A copy that the program made by itself. What was done after that time is not in it.</source>
   <translation>程序自动创建的副本，不包含此后所做的工作。</translation>
  </message>
  <message>
   <source>A folder that you open becomes a project. The dot beside a picture says how far it is. Every stroke is saved at once, and the pictures themselves are never changed.</source>
   <translation>打开的文件夹会成为一个项目。图片旁的圆点表示进度。每一笔都会立即保存，原图绝不会被改动。</translation>
  </message>
  <message>
   <source>A held-out picture: itself, its labels, the answer</source>
   <translation>一张留出图片：原图、标注、答案</translation>
  </message>
  <message>
   <source>A label map has {count} objects; a map can hold {limit}.</source>
   <translation>标注图有 {count} 个对象；一张图最多容纳 {limit} 个。</translation>
  </message>
  <message>
   <source>A label map is a two-dimensional array of whole numbers, not one of {shape} {dtype}.</source>
   <translation>标注图是二维整数数组，而不是 {shape} {dtype}。</translation>
  </message>
  <message>
   <source>A list, or names separated by commas</source>
   <translation>一个类别列表，或用逗号分隔的名称</translation>
  </message>
  <message>
   <source>A model answers for this picture, or for all of them.</source>
   <translation>模型可以处理本张图片，也可以处理全部图片。</translation>
  </message>
  <message>
   <source>A model takes pictures of 8-bit RGB with at least one pixel.</source>
   <translation>模型只接受至少一个像素的 8 位 RGB 图片。</translation>
  </message>
  <message>
   <source>A number or letter that chooses the class while the picture has the focus</source>
   <translation>焦点在图片上时选择该类别的数字或字母</translation>
  </message>
  <message>
   <source>A palette PNG of class numbers for every picture, object numbers beside it, and a class list.</source>
   <translation>每张图片一个类别编号的调色板 PNG，旁附对象编号和类别列表。</translation>
  </message>
  <message>
   <source>A pixel belongs to a mask from this probability on.</source>
   <translation>像素概率达到此值时才属于该掩膜。</translation>
  </message>
  <message>
   <source>A plug-in is somebody else's program: it can do on this machine what you can do. Switch on only what you trust. Nothing of a package that is off is loaded.</source>
   <translation>插件是别人的程序：它在这台机器上能做你能做的一切。只开启你信任的插件。关闭的软件包不会被加载。</translation>
  </message>
  <message>
   <source>A project folder with a bitmap for each object.</source>
   <translation>一个项目文件夹，每个对象一个位图。</translation>
  </message>
  <message>
   <source>A refinement of these options is not installed: it was left out.</source>
   <translation>选项中有一个后处理步骤未安装，已略过。</translation>
  </message>
  <message>
   <source>A run over the pictures is under way.</source>
   <translation>正在处理图片。</translation>
  </message>
  <message>
   <source>A small island of the label map.</source>
   <translation>标注图中的小碎块。</translation>
  </message>
  <message>
   <source>A text file of outlines for every picture, for Ultralytics YOLO. Parts of an object are joined by lines.</source>
   <translation>每张图片一个轮廓文本文件，供 Ultralytics YOLO 使用。一个物体的多个部分用线相连。</translation>
  </message>
  <message>
   <source>A training needs an end.</source>
   <translation>训练需要结束条件。</translation>
  </message>
  <message>
   <source>A training needs an end: epochs or minutes.</source>
   <translation>训练需要结束条件：轮数或分钟数。</translation>
  </message>
  <message>
   <source>ADE20K in full</source>
   <translation>ADE20K 完整版</translation>
  </message>
  <message>
   <source>ADE20K scene parsing</source>
   <translation>ADE20K 场景解析</translation>
  </message>
  <message>
   <source>About SegDesk</source>
   <translation>关于 SegDesk</translation>
  </message>
  <message>
   <source>Accept</source>
   <translation>确认</translation>
  </message>
  <message>
   <source>Accept and next</source>
   <translation>确认并转到下一张</translation>
  </message>
  <message>
   <source>Accept it</source>
   <translation>确认结果</translation>
  </message>
  <message>
   <source>Accuracy</source>
   <translation>准确率</translation>
  </message>
  <message>
   <source>Acts as long as it is held: a single key.</source>
   <translation>按住期间有效：须为单个按键。</translation>
  </message>
  <message>
   <source>Add</source>
   <translation>添加</translation>
  </message>
  <message>
   <source>Add --ray to them.</source>
   <translation>请同时加上 --ray。</translation>
  </message>
  <message>
   <source>Add a class</source>
   <translation>添加类别</translation>
  </message>
  <message>
   <source>Add a class in the list of classes.</source>
   <translation>请在类别列表中添加类别。</translation>
  </message>
  <message>
   <source>Add a model</source>
   <translation>添加模型</translation>
  </message>
  <message>
   <source>Add a model folder</source>
   <translation>添加模型文件夹</translation>
  </message>
  <message>
   <source>Add a model from a file…</source>
   <translation>从文件添加模型…</translation>
  </message>
  <message>
   <source>Add folder…</source>
   <translation>添加文件夹…</translation>
  </message>
  <message>
   <source>Add it to the picture folder.</source>
   <translation>请把它加入图片文件夹。</translation>
  </message>
  <message>
   <source>Add one to paint with, or run a model: its classes join the project.</source>
   <translation>添加一个即可绘制，或运行模型：模型的类别会加入项目。</translation>
  </message>
  <message>
   <source>Add run…</source>
   <translation>添加运行…</translation>
  </message>
  <message>
   <source>Add the classes first, in the list of classes.</source>
   <translation>请先在类别列表中添加类别。</translation>
  </message>
  <message>
   <source>Add to the queue</source>
   <translation>加入队列</translation>
  </message>
  <message>
   <source>Adding the model</source>
   <translation>正在添加模型</translation>
  </message>
  <message>
   <source>Adds</source>
   <translation>增加</translation>
  </message>
  <message>
   <source>Adversary</source>
   <translation>对抗网络</translation>
  </message>
  <message>
   <source>After this step: {after}; it changed {share} % of the pixels</source>
   <translation>此步骤之后：{after}；改变了 {share}% 的像素</translation>
  </message>
  <message>
   <source>Against</source>
   <translation>对照</translation>
  </message>
  <message>
   <source>Against the letters that the system is set to.</source>
   <translation>相对于系统设置的文字大小。</translation>
  </message>
  <message>
   <source>Agree to it in the dialog, or with --yes on the command line.</source>
   <translation>请在对话框中同意，或在命令行使用 --yes。</translation>
  </message>
  <message>
   <source>All</source>
   <translation>全部</translation>
  </message>
  <message>
   <source>All classes</source>
   <translation>所有类别</translation>
  </message>
  <message>
   <source>All files (*)</source>
   <translation>所有文件 (*)</translation>
  </message>
  <message>
   <source>All models</source>
   <translation>所有模型</translation>
  </message>
  <message>
   <source>All pictures are verified.</source>
   <translation>所有图片都已确认。</translation>
  </message>
  <message>
   <source>All refinements of the answer, their values and what they gain</source>
   <translation>结果的全部后处理步骤、参数及其增益</translation>
  </message>
  <message>
   <source>All saved</source>
   <translation>已全部保存</translation>
  </message>
  <message>
   <source>All that can be read goes into a new project beside it; pictures with damaged labels are named.</source>
   <translation>所有可读取的内容将存入同一文件夹中的新项目；标注已损坏的图片会被列出。</translation>
  </message>
  <message>
   <source>All was readable. You now work in {name}.</source>
   <translation>全部内容均可读取。您现在在 {name} 中工作。</translation>
  </message>
  <message>
   <source>Also ask for the mirrored picture: where the answers differ is doubtful. Takes twice as long.</source>
   <translation>同时处理镜像图片：两次结果不一致之处即为可疑。耗时加倍。</translation>
  </message>
  <message>
   <source>Also pictures that it has done before</source>
   <translation>包括它以前已完成的图片</translation>
  </message>
  <message>
   <source>Also replace the labels of pictures that were corrected</source>
   <translation>同时替换已修正图片的标签</translation>
  </message>
  <message>
   <source>Alt and the wheel.</source>
   <translation>Alt 加滚轮。</translation>
  </message>
  <message>
   <source>Alt+click</source>
   <translation>Alt+单击</translation>
  </message>
  <message>
   <source>Alt+right button</source>
   <translation>Alt+右键</translation>
  </message>
  <message>
   <source>Alt+wheel</source>
   <translation>Alt+滚轮</translation>
  </message>
  <message>
   <source>An object is left out where less than this share of it is free of better ones.</source>
   <translation>对象未被更优对象覆盖的部分低于此比例时，舍去该对象。</translation>
  </message>
  <message>
   <source>An object that the model is not sure of.</source>
   <translation>模型没有把握的对象。</translation>
  </message>
  <message>
   <source>Annotation</source>
   <translation>标注</translation>
  </message>
  <message>
   <source>Annotation: the labels you correct</source>
   <translation>标注：由您修正的标签</translation>
  </message>
  <message>
   <source>Another project…</source>
   <translation>另一个项目…</translation>
  </message>
  <message>
   <source>Another seed divides in another way; the same seed always in the same.</source>
   <translation>不同的种子划分不同；相同的种子总是得到相同的划分。</translation>
  </message>
  <message>
   <source>Answer</source>
   <translation>取结果</translation>
  </message>
  <message>
   <source>Answered by</source>
   <translation>回答者</translation>
  </message>
  <message>
   <source>Any data set</source>
   <translation>任意数据集</translation>
  </message>
  <message>
   <source>Any family</source>
   <translation>任何系列</translation>
  </message>
  <message>
   <source>Any licence</source>
   <translation>任意许可</translation>
  </message>
  <message>
   <source>Any size</source>
   <translation>任意大小</translation>
  </message>
  <message>
   <source>Any speed</source>
   <translation>任意速度</translation>
  </message>
  <message>
   <source>Any task</source>
   <translation>任意任务</translation>
  </message>
  <message>
   <source>Any weights</source>
   <translation>任意权重状态</translation>
  </message>
  <message>
   <source>Apache-2.0; Qt under LGPL-3.0; each model shows its own licence.</source>
   <translation>Apache-2.0；Qt 采用 LGPL-3.0；每个模型另示其许可。</translation>
  </message>
  <message>
   <source>Apply</source>
   <translation>应用</translation>
  </message>
  <message numerus="yes">
   <source>Apply changes the labels of at least %n picture(s).</source>
   <translation>
    <numerusform>应用后至少有 %n 张图片的标注会改变。</numerusform>
   </translation>
  </message>
  <message>
   <source>Apply here</source>
   <translation>应用到本张</translation>
  </message>
  <message>
   <source>Architectures</source>
   <translation>网络结构</translation>
  </message>
  <message>
   <source>Area</source>
   <translation>面积</translation>
  </message>
  <message>
   <source>As</source>
   <translation>作为</translation>
  </message>
  <message>
   <source>As it is</source>
   <translation>原样</translation>
  </message>
  <message>
   <source>As one region</source>
   <translation>合为一个区域</translation>
  </message>
  <message>
   <source>As the file says</source>
   <translation>按文件中的设置</translation>
  </message>
  <message>
   <source>As the model has it</source>
   <translation>与模型一致</translation>
  </message>
  <message>
   <source>As the model has it, without refinements</source>
   <translation>恢复为模型的设置，不做后处理</translation>
  </message>
  <message>
   <source>As the system</source>
   <translation>跟随系统</translation>
  </message>
  <message>
   <source>As usual for this network</source>
   <translation>按此网络的惯例</translation>
  </message>
  <message>
   <source>Ask its makers for another version, or switch it off under Plug-ins.</source>
   <translation>请向作者索取其他版本，或在“插件”中关闭它。</translation>
  </message>
  <message>
   <source>At most this far (0 = any)</source>
   <translation>最大距离（0 = 不限）</translation>
  </message>
  <message>
   <source>At most {most} classes can be trained at once.</source>
   <translation>一次最多训练 {most} 个类别。</translation>
  </message>
  <message>
   <source>Augmentation</source>
   <translation>数据增强</translation>
  </message>
  <message>
   <source>Automatic</source>
   <translation>自动</translation>
  </message>
  <message>
   <source>Back</source>
   <translation>上一张</translation>
  </message>
  <message>
   <source>Back to the cards</source>
   <translation>返回卡片</translation>
  </message>
  <message>
   <source>Back to the model's answer</source>
   <translation>恢复为模型结果</translation>
  </message>
  <message>
   <source>Back to the whole picture</source>
   <translation>返回整张图片</translation>
  </message>
  <message>
   <source>Background</source>
   <translation>背景</translation>
  </message>
  <message>
   <source>Batch</source>
   <translation>批处理</translation>
  </message>
  <message>
   <source>Batch norm keeps its statistics: the batches are too small to learn them.</source>
   <translation>批归一化保持原有统计量：批量太小，无法学习。</translation>
  </message>
  <message>
   <source>Batch page</source>
   <translation>批处理页</translation>
  </message>
  <message>
   <source>Bays and tongues of borders that are narrower than some pixels go.</source>
   <translation>去除边界上窄于若干像素的凹口和凸舌。</translation>
  </message>
  <message>
   <source>Becomes</source>
   <translation>对应为</translation>
  </message>
  <message>
   <source>Before and after</source>
   <translation>前后对比</translation>
  </message>
  <message>
   <source>Before and after: drag, or use the arrow keys</source>
   <translation>前后对比：拖动，或使用方向键</translation>
  </message>
  <message>
   <source>Before refinement</source>
   <translation>细化前</translation>
  </message>
  <message>
   <source>Begin a new training.</source>
   <translation>请开始新的训练。</translation>
  </message>
  <message>
   <source>Begin a training without a teacher.</source>
   <translation>请开始一次不带教师的训练。</translation>
  </message>
  <message>
   <source>Begin one with: segdesk train PROJECT --from ID</source>
   <translation>请用此命令开始：segdesk train PROJECT --from ID</translation>
  </message>
  <message>
   <source>Begin the training anew.</source>
   <translation>请重新开始训练。</translation>
  </message>
  <message>
   <source>Borders move by</source>
   <translation>边界移动范围</translation>
  </message>
  <message>
   <source>Borders move to the edges of the picture (dense CRF). Of objects, each on its own.</source>
   <translation>让边界贴合图像边缘（稠密 CRF）；物体逐个处理。</translation>
  </message>
  <message>
   <source>Borders that were drawn roughly go to the edges of the picture, by a dense CRF.</source>
   <translation>用稠密 CRF 将粗略绘制的边界移到图片的边缘。</translation>
  </message>
  <message>
   <source>Both answers: wheel zooms, dragging moves</source>
   <translation>两个结果：滚轮缩放，拖动移动</translation>
  </message>
  <message>
   <source>Boundary IoU</source>
   <translation>边界交并比</translation>
  </message>
  <message>
   <source>Box</source>
   <translation>方框</translation>
  </message>
  <message>
   <source>Brightness of the picture, for the eye only</source>
   <translation>图片亮度，仅影响显示</translation>
  </message>
  <message>
   <source>Bring the drive or folder back, or save a copy elsewhere.</source>
   <translation>请恢复磁盘或文件夹，或把副本保存到别处。</translation>
  </message>
  <message>
   <source>Browse…</source>
   <translation>浏览…</translation>
  </message>
  <message>
   <source>Brush</source>
   <translation>画笔</translation>
  </message>
  <message>
   <source>Brush size</source>
   <translation>画笔大小</translation>
  </message>
  <message>
   <source>Brush size by dragging</source>
   <translation>拖动以调整画笔大小</translation>
  </message>
  <message>
   <source>By name again</source>
   <translation>恢复按名称对应</translation>
  </message>
  <message>
   <source>COCO instances</source>
   <translation>COCO 实例</translation>
  </message>
  <message>
   <source>COCO panoptic</source>
   <translation>COCO 全景</translation>
  </message>
  <message>
   <source>COCO-Stuff</source>
   <translation>COCO-Stuff</translation>
  </message>
  <message>
   <source>COCO: IoU 0.50 to 0.95, at most 100 objects of a class in a picture</source>
   <translation>COCO：IoU 0.50 至 0.95，每图每类最多 100 个物体</translation>
  </message>
  <message>
   <source>CRF</source>
   <translation>CRF</translation>
  </message>
  <message>
   <source>CRF needs the package numba, which is not installed.</source>
   <translation>CRF 需要 numba 包，尚未安装。</translation>
  </message>
  <message>
   <source>CRF parameters</source>
   <translation>CRF 参数</translation>
  </message>
  <message>
   <source>CRF refinement</source>
   <translation>CRF 精细化</translation>
  </message>
  <message>
   <source>CVAT for images</source>
   <translation>CVAT（图像）</translation>
  </message>
  <message>
   <source>Caffe: mean only, BGR</source>
   <translation>Caffe：仅减均值，BGR</translation>
  </message>
  <message>
   <source>Calm</source>
   <translation>柔和</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Canvas</source>
   <translation>画布</translation>
  </message>
  <message>
   <source>Cards that cannot be used</source>
   <translation>无法使用的卡片</translation>
  </message>
  <message>
   <source>Certainty of the labels</source>
   <translation>标注的确定度</translation>
  </message>
  <message>
   <source>Change</source>
   <translation>变化</translation>
  </message>
  <message>
   <source>Change class</source>
   <translation>更改类别</translation>
  </message>
  <message>
   <source>Change filter or search.</source>
   <translation>请更改筛选或搜索条件。</translation>
  </message>
  <message>
   <source>Change its rights or choose another folder.</source>
   <translation>请更改其权限，或选择其他文件夹。</translation>
  </message>
  <message>
   <source>Change its rights or copy it elsewhere.</source>
   <translation>请更改其权限，或复制到别处。</translation>
  </message>
  <message>
   <source>Change its rights.</source>
   <translation>请更改其权限。</translation>
  </message>
  <message>
   <source>Change keys…</source>
   <translation>更改快捷键…</translation>
  </message>
  <message>
   <source>Change the colour</source>
   <translation>更改颜色</translation>
  </message>
  <message>
   <source>Change the file's rights.</source>
   <translation>请更改文件权限。</translation>
  </message>
  <message>
   <source>Changed since the model's answer</source>
   <translation>相对模型结果的更改</translation>
  </message>
  <message>
   <source>Changes take effect when SegDesk starts the next time.</source>
   <translation>更改在 SegDesk 下次启动时生效。</translation>
  </message>
  <message>
   <source>Changing the classes</source>
   <translation>正在修改类别</translation>
  </message>
  <message>
   <source>Check that it exists and that you may open it.</source>
   <translation>请检查文件是否存在以及您是否有权打开。</translation>
  </message>
  <message>
   <source>Check that it exists and that you may read it.</source>
   <translation>请检查文件是否存在以及您是否有读取权限。</translation>
  </message>
  <message>
   <source>Check that the drive is connected and has space. Your work is kept in memory until it is saved.</source>
   <translation>请检查磁盘是否已连接且有空间。您的工作会保留在内存中，直到保存成功。</translation>
  </message>
  <message>
   <source>Check the address and the credentials of the machine that reads it.</source>
   <translation>请检查地址，以及读取它的机器的凭据。</translation>
  </message>
  <message>
   <source>Check the address, the credentials and that the library for this kind of store is installed.</source>
   <translation>请检查地址和凭据，以及是否安装了这类存储所需的库。</translation>
  </message>
  <message>
   <source>Check the address.</source>
   <translation>请检查地址。</translation>
  </message>
  <message>
   <source>Check the card's [net] type: it must be the name of a file in segdesk/nets.</source>
   <translation>请检查模型卡的 [net] type：它必须是 segdesk/nets 中某个文件的名称。</translation>
  </message>
  <message>
   <source>Check the disk and try again.</source>
   <translation>请检查磁盘后重试。</translation>
  </message>
  <message>
   <source>Check the network, or copy the file {file} into a model folder. What has arrived is kept.</source>
   <translation>请检查网络，或把文件 {file} 复制到模型文件夹。已下载的部分会保留。</translation>
  </message>
  <message>
   <source>Checking the file</source>
   <translation>正在检查文件</translation>
  </message>
  <message>
   <source>Checking the weights file</source>
   <translation>正在检查权重文件</translation>
  </message>
  <message>
   <source>Choose a .ply or .npy file.</source>
   <translation>请选择 .ply 或 .npy 文件。</translation>
  </message>
  <message>
   <source>Choose a JSON of its folder annotations.</source>
   <translation>请选择其 annotations 文件夹中的 JSON。</translation>
  </message>
  <message>
   <source>Choose a class.</source>
   <translation>请选择一个类别。</translation>
  </message>
  <message>
   <source>Choose a cloud with red, green and blue, or another model.</source>
   <translation>请选择带有红、绿、蓝颜色的点云，或换一个模型。</translation>
  </message>
  <message>
   <source>Choose a command in the list.</source>
   <translation>请在列表中选择一个命令。</translation>
  </message>
  <message>
   <source>Choose a file that ends in .segdesk.</source>
   <translation>请选择以 .segdesk 结尾的文件。</translation>
  </message>
  <message>
   <source>Choose a file that was written by “Export keys…” of this page.</source>
   <translation>请选择由本页“导出快捷键…”写出的文件。</translation>
  </message>
  <message>
   <source>Choose a folder that does not exist yet.</source>
   <translation>请选择一个尚不存在的文件夹。</translation>
  </message>
  <message>
   <source>Choose a folder.</source>
   <translation>请选择文件夹。</translation>
  </message>
  <message>
   <source>Choose a model</source>
   <translation>选择模型</translation>
  </message>
  <message>
   <source>Choose a model first.</source>
   <translation>请先选择模型。</translation>
  </message>
  <message>
   <source>Choose a model of words in the row above the picture.</source>
   <translation>请在图片上方的一行中选择理解文字的模型。</translation>
  </message>
  <message>
   <source>Choose a model, then run it on this picture ({here}) or on all of them ({all}). Confidence and refinements change the answer at once, without another run.</source>
   <translation>选择模型，然后处理本张图片（{here}）或全部图片（{all}）。调整置信度和后处理会立即更新结果，无需重新运行。</translation>
  </message>
  <message>
   <source>Choose a part of the picture.</source>
   <translation>请选择图片的一部分。</translation>
  </message>
  <message>
   <source>Choose a picture from the list first.</source>
   <translation>请先从列表中选择一张图片。</translation>
  </message>
  <message>
   <source>Choose another folder.</source>
   <translation>请选择其他文件夹。</translation>
  </message>
  <message>
   <source>Choose another format, and please report this.</source>
   <translation>请选择其他格式，并请报告此问题。</translation>
  </message>
  <message>
   <source>Choose another format.</source>
   <translation>请选择其他格式。</translation>
  </message>
  <message>
   <source>Choose another list, or leave it out to have the classes numbered.</source>
   <translation>请选择另一个列表，或留空以给类别编号。</translation>
  </message>
  <message>
   <source>Choose another model of the list.</source>
   <translation>请在列表中选择其他模型。</translation>
  </message>
  <message>
   <source>Choose another name.</source>
   <translation>请换一个名称。</translation>
  </message>
  <message>
   <source>Choose another one from the list.</source>
   <translation>请从列表中选择另一张。</translation>
  </message>
  <message>
   <source>Choose another one in the row of the tool.</source>
   <translation>请在工具行中选择其他模型。</translation>
  </message>
  <message>
   <source>Choose at least one class.</source>
   <translation>请至少选择一个类别。</translation>
  </message>
  <message>
   <source>Choose class 1 to 9</source>
   <translation>选择第 1 至 9 个类别</translation>
  </message>
  <message>
   <source>Choose class {number}</source>
   <translation>选择第 {number} 个类别</translation>
  </message>
  <message>
   <source>Choose fewer.</source>
   <translation>请少选一些。</translation>
  </message>
  <message>
   <source>Choose file…</source>
   <translation>选择文件…</translation>
  </message>
  <message>
   <source>Choose it again with “Locate file”.</source>
   <translation>请用“定位文件”重新选择。</translation>
  </message>
  <message>
   <source>Choose it for the next runs</source>
   <translation>选它用于之后的运行</translation>
  </message>
  <message>
   <source>Choose it in the row of the tool Clicks (S).</source>
   <translation>请在“点选”工具（S）的选项行中选择它。</translation>
  </message>
  <message>
   <source>Choose model {letter} for the next runs</source>
   <translation>选择模型 {letter} 用于之后的运行</translation>
  </message>
  <message>
   <source>Choose one from the list of models.</source>
   <translation>请从模型列表中选择。</translation>
  </message>
  <message>
   <source>Choose one from the list of pictures.</source>
   <translation>请从图片列表中选择一张。</translation>
  </message>
  <message>
   <source>Choose one of them.</source>
   <translation>请选择其中之一。</translation>
  </message>
  <message>
   <source>Choose one of: {known}.</source>
   <translation>请选择：{known}。</translation>
  </message>
  <message>
   <source>Choose other classes, or another model of the list.</source>
   <translation>请选择其他类别，或列表中的其他模型。</translation>
  </message>
  <message>
   <source>Choose the checkpoint of the model (.pth, .pt), not its log or its settings.</source>
   <translation>请选择模型的检查点（.pth、.pt），而不是日志或设置。</translation>
  </message>
  <message>
   <source>Choose the file or folder with the labels.</source>
   <translation>请选择标签所在的文件或文件夹。</translation>
  </message>
  <message>
   <source>Choose the file that was kept with its card.</source>
   <translation>请选择与其模型卡一起保存的文件。</translation>
  </message>
  <message>
   <source>Choose the file that was made for this model, or start from scratch.</source>
   <translation>请选择为此模型制作的文件，或从零开始。</translation>
  </message>
  <message>
   <source>Choose the file that was made for this model.</source>
   <translation>请选择为该模型制作的文件。</translation>
  </message>
  <message>
   <source>Choose the file {file} with “Locate file”, or copy it into a model folder.</source>
   <translation>请用“定位文件”选择 {file}，或将其复制到模型文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder above SegmentationClass.</source>
   <translation>请选择 SegmentationClass 的上一级文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder above gtFine.</source>
   <translation>请选择 gtFine 的上级文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder above the labels.</source>
   <translation>请选择标签文件的上级文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder of the data set.</source>
   <translation>请选择数据集文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder that has all of: {files}.</source>
   <translation>请选择包含以下全部文件的文件夹：{files}。</translation>
  </message>
  <message>
   <source>Choose the folder with meta.json.</source>
   <translation>请选择包含 meta.json 的文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder with the JSON files.</source>
   <translation>请选择包含 JSON 文件的文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder with the label PNGs.</source>
   <translation>请选择存放标注 PNG 的文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder with the label files.</source>
   <translation>请选择存放标签文件的文件夹。</translation>
  </message>
  <message>
   <source>Choose the folder with the labels.</source>
   <translation>请选择包含标签的文件夹。</translation>
  </message>
  <message>
   <source>Choose the model clipseg.</source>
   <translation>请选择模型 clipseg。</translation>
  </message>
  <message>
   <source>Choose two different layers.</source>
   <translation>请选择两个不同的图层。</translation>
  </message>
  <message>
   <source>Choose two models: both run on a copy of the open picture. The project stays as it is.</source>
   <translation>选择两个模型：两者都在打开图片的副本上运行。项目保持不变。</translation>
  </message>
  <message>
   <source>Choose what to import.</source>
   <translation>请选择要导入的内容。</translation>
  </message>
  <message>
   <source>Circle</source>
   <translation>圆形</translation>
  </message>
  <message>
   <source>Cityscapes</source>
   <translation>Cityscapes</translation>
  </message>
  <message>
   <source>Class</source>
   <translation>类别</translation>
  </message>
  <message>
   <source>Class lists</source>
   <translation>类别列表</translation>
  </message>
  <message>
   <source>Class manager</source>
   <translation>类别管理器</translation>
  </message>
  <message>
   <source>Class manager…</source>
   <translation>类别管理器…</translation>
  </message>
  <message>
   <source>Class numbers</source>
   <translation>类别编号</translation>
  </message>
  <message>
   <source>Class numbers and object numbers of every picture as NPY, NPZ or text files, and a class list.</source>
   <translation>每张图片的类别编号和物体编号，存为 NPY、NPZ 或文本文件，另附类别表。</translation>
  </message>
  <message>
   <source>Class of the file</source>
   <translation>文件中的类别</translation>
  </message>
  <message>
   <source>Class of the model</source>
   <translation>模型的类别</translation>
  </message>
  <message>
   <source>Class probabilities are enlarged along the picture's edges instead of evenly (guided filter).</source>
   <translation>沿图像边缘而非均匀地放大类别概率（引导滤波）。</translation>
  </message>
  <message>
   <source>Class that takes the labels</source>
   <translation>接收标注的类别</translation>
  </message>
  <message>
   <source>Class {name}</source>
   <translation>类别 {name}</translation>
  </message>
  <message>
   <source>Classes</source>
   <translation>类别</translation>
  </message>
  <message>
   <source>Classes of the file and what they become</source>
   <translation>文件中的类别及其对应</translation>
  </message>
  <message>
   <source>Classes of the model</source>
   <translation>模型的类别</translation>
  </message>
  <message>
   <source>Classes of the project</source>
   <translation>项目的类别</translation>
  </message>
  <message>
   <source>Classes that are exported</source>
   <translation>要导出的类别</translation>
  </message>
  <message>
   <source>Classes that are learned</source>
   <translation>要学习的类别</translation>
  </message>
  <message>
   <source>Classes that it refines</source>
   <translation>参与精细化的类别</translation>
  </message>
  <message>
   <source>Classes to paint strokes of</source>
   <translation>要涂画的类别</translation>
  </message>
  <message>
   <source>Classes without a tick stay as the model answers.</source>
   <translation>未勾选的类别保持模型的结果。</translation>
  </message>
  <message>
   <source>Clear</source>
   <translation>清除</translation>
  </message>
  <message>
   <source>Clear finished</source>
   <translation>清除已结束的</translation>
  </message>
  <message>
   <source>Clear search and filters</source>
   <translation>清除搜索和筛选</translation>
  </message>
  <message>
   <source>Clear strokes</source>
   <translation>清除涂画</translation>
  </message>
  <message>
   <source>Clear them and paint them anew.</source>
   <translation>请清除后重新涂画。</translation>
  </message>
  <message>
   <source>Clearing the strokes</source>
   <translation>清除涂画</translation>
  </message>
  <message>
   <source>Click along the edge of an object, and the line keeps to the edge; Enter, a double click or a click on the first point gives the area to the active class. Backspace takes a point back.</source>
   <translation>沿对象边缘单击，线条会贴合边缘；按 Enter、双击或单击第一个点，把区域归入当前类别。退格键撤回一个点。</translation>
  </message>
  <message>
   <source>Click on an object to give it the active class. Right button or Ctrl makes it void.</source>
   <translation>单击对象，改为当前类别。按右键或 Ctrl 设为未标注。</translation>
  </message>
  <message>
   <source>Click on an object, right click or Ctrl+click beside it, or drag a box around it; Enter accepts the proposal for the active class. The full stop shows another answer, Backspace takes the last click back.</source>
   <translation>点击物体，在其旁边右键点击或按 Ctrl 点击，或拖出一个框；按 Enter 将提议用于当前类别。句点键显示另一个答案，Backspace 撤回上一次点击。</translation>
  </message>
  <message>
   <source>Click on an object, then on those that are to be one with it, or drag across them. Escape lets go of the first one.</source>
   <translation>单击一个对象，再单击要与它合并的对象，或拖过它们。按 Esc 放开第一个对象。</translation>
  </message>
  <message>
   <source>Click on touching objects to take them apart where they are narrow; drag from one to the other, or Shift+click in each and press Enter, where you want to say which.</source>
   <translation>单击粘连的对象，在窄处将其分开；若要自行指定，可从一个拖到另一个，或按住 Shift 在每个中单击后按 Enter。</translation>
  </message>
  <message>
   <source>Click points around an area; Enter, a double click or a click on the first point gives it to the active class. Backspace takes a point back. Beginning with the right button or Ctrl makes it void.</source>
   <translation>沿区域边缘依次单击；按 Enter、双击或单击第一个点即归入当前类别。退格键撤回一个点。以右键或 Ctrl 开始则设为未标注。</translation>
  </message>
  <message>
   <source>Clicks</source>
   <translation>点选</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>关闭</translation>
  </message>
  <message>
   <source>Close and lose them</source>
   <translation>关闭并放弃</translation>
  </message>
  <message>
   <source>Close gaps (closing)</source>
   <translation>填补缝隙（闭运算）</translation>
  </message>
  <message>
   <source>Close it there first; two programs must not change one project.</source>
   <translation>请先在那里关闭；两个程序不能同时更改一个项目。</translation>
  </message>
  <message>
   <source>Close other programs or choose a smaller model.</source>
   <translation>请关闭其他程序，或选择较小的模型。</translation>
  </message>
  <message>
   <source>Close other programs, or enlarge the shared memory of this machine.</source>
   <translation>请关闭其他程序，或增大本机的共享内存。</translation>
  </message>
  <message>
   <source>Close other programs, or work on smaller pictures, and try again.</source>
   <translation>请关闭其他程序，或处理较小的图片，然后重试。</translation>
  </message>
  <message>
   <source>Close project</source>
   <translation>关闭项目</translation>
  </message>
  <message>
   <source>Closing</source>
   <translation>正在关闭</translation>
  </message>
  <message>
   <source>Collecting the licences</source>
   <translation>正在收集许可证</translation>
  </message>
  <message>
   <source>Colour</source>
   <translation>颜色</translation>
  </message>
  <message>
   <source>Colour by object</source>
   <translation>按对象着色</translation>
  </message>
  <message>
   <source>Colour likeness</source>
   <translation>颜色相似度</translation>
  </message>
  <message>
   <source>Colour of {name}</source>
   <translation>{name} 的颜色</translation>
  </message>
  <message>
   <source>Colour reach</source>
   <translation>颜色范围</translation>
  </message>
  <message>
   <source>Colour weight</source>
   <translation>颜色权重</translation>
  </message>
  <message>
   <source>Colour-blind safe</source>
   <translation>色盲友好</translation>
  </message>
  <message>
   <source>Coloured: A and B differ; violet: one of them has no label</source>
   <translation>有颜色处：A 与 B 不同；紫色：其中之一没有标注</translation>
  </message>
  <message>
   <source>Colours</source>
   <translation>颜色</translation>
  </message>
  <message>
   <source>Command</source>
   <translation>命令</translation>
  </message>
  <message>
   <source>Commands</source>
   <translation>命令</translation>
  </message>
  <message>
   <source>Commercial use</source>
   <translation>商业用途</translation>
  </message>
  <message>
   <source>Compare</source>
   <translation>比较</translation>
  </message>
  <message>
   <source>Compare again.</source>
   <translation>请重新比较。</translation>
  </message>
  <message>
   <source>Compare it with the cards that come with the program.</source>
   <translation>请与程序自带的模型卡对照。</translation>
  </message>
  <message>
   <source>Compare labels</source>
   <translation>比较标注</translation>
  </message>
  <message>
   <source>Compare with another project</source>
   <translation>与另一个项目比较</translation>
  </message>
  <message>
   <source>Compared after each stroke.</source>
   <translation>每一笔之后重新比较。</translation>
  </message>
  <message>
   <source>Compare…</source>
   <translation>比较…</translation>
  </message>
  <message>
   <source>Comparing</source>
   <translation>正在比较</translation>
  </message>
  <message>
   <source>Comparing two models</source>
   <translation>正在比较两个模型</translation>
  </message>
  <message>
   <source>Comparing…</source>
   <translation>正在比较…</translation>
  </message>
  <message>
   <source>Computing…</source>
   <translation>正在计算…</translation>
  </message>
  <message>
   <source>Confidence</source>
   <translation>置信度</translation>
  </message>
  <message>
   <source>Confidence cut</source>
   <translation>置信度阈值</translation>
  </message>
  <message>
   <source>Confusion matrix</source>
   <translation>混淆矩阵</translation>
  </message>
  <message>
   <source>Connected only</source>
   <translation>仅连通区域</translation>
  </message>
  <message>
   <source>Contrast</source>
   <translation>对比度</translation>
  </message>
  <message>
   <source>Contrast and gamma</source>
   <translation>对比度与伽马</translation>
  </message>
  <message>
   <source>Contrast of the picture, for the eye only</source>
   <translation>图像对比度，仅影响显示</translation>
  </message>
  <message>
   <source>Coordinates</source>
   <translation>坐标</translation>
  </message>
  <message>
   <source>Copied</source>
   <translation>已复制</translation>
  </message>
  <message>
   <source>Copy details</source>
   <translation>复制详情</translation>
  </message>
  <message>
   <source>Copy it to a folder where you may write, and open the copy.</source>
   <translation>请复制到可写的文件夹，再打开副本。</translation>
  </message>
  <message>
   <source>Copy it together with the file {other} to a folder where you may write.</source>
   <translation>请把它与文件 {other} 一起复制到可写的文件夹。</translation>
  </message>
  <message>
   <source>Copy labels of the previous picture</source>
   <translation>复制上一张图片的标注</translation>
  </message>
  <message>
   <source>Copy list</source>
   <translation>复制列表</translation>
  </message>
  <message>
   <source>Copy system information</source>
   <translation>复制系统信息</translation>
  </message>
  <message>
   <source>Copy the listed pictures with their reasons</source>
   <translation>复制列出的图片及其原因</translation>
  </message>
  <message>
   <source>Copy the message, versions and the last lines of the log, without your name, to ask somebody</source>
   <translation>复制提示、版本和日志的最后几行（不含您的姓名），以便向他人求助</translation>
  </message>
  <message>
   <source>Copy the name</source>
   <translation>复制名称</translation>
  </message>
  <message>
   <source>Copy the picture again from where it came from.</source>
   <translation>请从来源处重新复制这张图片。</translation>
  </message>
  <message>
   <source>Copy the picture again.</source>
   <translation>请重新复制这张图片。</translation>
  </message>
  <message>
   <source>Copy the whole path</source>
   <translation>复制完整路径</translation>
  </message>
  <message>
   <source>Copy them ({size})</source>
   <translation>复制（{size}）</translation>
  </message>
  <message>
   <source>Copying the labelled pictures…</source>
   <translation>正在复制已标注的图片…</translation>
  </message>
  <message>
   <source>Correct it</source>
   <translation>修正结果</translation>
  </message>
  <message>
   <source>Correct it or remove it.</source>
   <translation>请修正或删除该文件。</translation>
  </message>
  <message>
   <source>Correct its file or remove it.</source>
   <translation>请修正该文件或将其移除。</translation>
  </message>
  <message>
   <source>Cosine</source>
   <translation>余弦</translation>
  </message>
  <message>
   <source>Countable objects (thing) or area (stuff)</source>
   <translation>可数的对象或不可数的区域</translation>
  </message>
  <message>
   <source>Counting the classes</source>
   <translation>正在统计类别</translation>
  </message>
  <message>
   <source>Crop in pixels</source>
   <translation>裁块像素</translation>
  </message>
  <message>
   <source>Crops at a time</source>
   <translation>每批裁块</translation>
  </message>
  <message>
   <source>Cross-entropy</source>
   <translation>交叉熵</translation>
  </message>
  <message>
   <source>Cross-entropy and Dice</source>
   <translation>交叉熵加 Dice</translation>
  </message>
  <message>
   <source>Ctrl or right button</source>
   <translation>Ctrl 或右键</translation>
  </message>
  <message>
   <source>Curves of loss and score</source>
   <translation>损失与得分曲线</translation>
  </message>
  <message>
   <source>Cut it into pieces of at most {limit} megapixels.</source>
   <translation>请切成每块不超过 {limit} 百万像素的小块。</translation>
  </message>
  <message>
   <source>Cut out</source>
   <translation>抠出</translation>
  </message>
  <message>
   <source>Cut the picture into pieces.</source>
   <translation>请把图片切成小块。</translation>
  </message>
  <message>
   <source>Cut thin parts (opening)</source>
   <translation>去除细部（开运算）</translation>
  </message>
  <message>
   <source>Cut-outs</source>
   <translation>抠图</translation>
  </message>
  <message>
   <source>D goes on to the next picture.</source>
   <translation>按 D 转到下一张图片。</translation>
  </message>
  <message>
   <source>DSB 2018 score</source>
   <translation>DSB 2018 得分</translation>
  </message>
  <message>
   <source>Damaged</source>
   <translation>已损坏</translation>
  </message>
  <message>
   <source>Damaged project</source>
   <translation>项目文件已损坏</translation>
  </message>
  <message>
   <source>Dark</source>
   <translation>深色</translation>
  </message>
  <message>
   <source>Datumaro</source>
   <translation>Datumaro</translation>
  </message>
  <message>
   <source>Datumaro's JSON with masks as run lengths; Datumaro turns it into many other formats.</source>
   <translation>Datumaro 的 JSON，掩膜以游程编码保存；Datumaro 可将其转换为许多其他格式。</translation>
  </message>
  <message>
   <source>Deciding again</source>
   <translation>正在重新判定</translation>
  </message>
  <message>
   <source>DeepLab v2, ResNet-101</source>
   <translation>DeepLab v2，ResNet-101</translation>
  </message>
  <message>
   <source>DeepLab v2, VGG-16</source>
   <translation>DeepLab v2，VGG-16</translation>
  </message>
  <message>
   <source>Defaults</source>
   <translation>默认值</translation>
  </message>
  <message>
   <source>Delete</source>
   <translation>删除</translation>
  </message>
  <message>
   <source>Delete classes</source>
   <translation>删除类别</translation>
  </message>
  <message>
   <source>Delete object</source>
   <translation>删除对象</translation>
  </message>
  <message>
   <source>Delete the selected classes</source>
   <translation>删除所选类别</translation>
  </message>
  <message>
   <source>Deleting the training</source>
   <translation>正在删除训练</translation>
  </message>
  <message>
   <source>Dense CRF</source>
   <translation>稠密 CRF</translation>
  </message>
  <message>
   <source>Depth of a notch</source>
   <translation>凹口深度</translation>
  </message>
  <message>
   <source>Device</source>
   <translation>设备</translation>
  </message>
  <message>
   <source>Discard</source>
   <translation>放弃</translation>
  </message>
  <message>
   <source>Distance of probabilities (L1)</source>
   <translation>概率之差（L1）</translation>
  </message>
  <message>
   <source>Divide</source>
   <translation>划分</translation>
  </message>
  <message>
   <source>Do not go on with the run; what it has done stays</source>
   <translation>不继续该运行；已完成的结果保留</translation>
  </message>
  <message>
   <source>Do not move</source>
   <translation>无动画</translation>
  </message>
  <message>
   <source>Done</source>
   <translation>完成</translation>
  </message>
  <message>
   <source>Double click</source>
   <translation>双击</translation>
  </message>
  <message>
   <source>Doubt</source>
   <translation>疑难度</translation>
  </message>
  <message>
   <source>Doubt of the model</source>
   <translation>模型的疑难度</translation>
  </message>
  <message>
   <source>Doubtful place {number} of {total}</source>
   <translation>可疑位置 {number} / {total}</translation>
  </message>
  <message>
   <source>Down</source>
   <translation>下移</translation>
  </message>
  <message>
   <source>Download</source>
   <translation>下载</translation>
  </message>
  <message>
   <source>Download it again or choose another file.</source>
   <translation>请重新下载，或选择其他文件。</translation>
  </message>
  <message>
   <source>Download it again, or choose the file with the checksum {sha256}.</source>
   <translation>请重新下载，或选择校验和为 {sha256} 的文件。</translation>
  </message>
  <message>
   <source>Download it again.</source>
   <translation>请重新下载。</translation>
  </message>
  <message>
   <source>Download or export it again.</source>
   <translation>请重新下载或导出。</translation>
  </message>
  <message>
   <source>Download the model's folder again.</source>
   <translation>请重新下载该模型的文件夹。</translation>
  </message>
  <message>
   <source>Download them again, or choose the folder that was made for this model.</source>
   <translation>请重新下载，或选择为此模型制作的文件夹。</translation>
  </message>
  <message>
   <source>Download them first, or start from scratch.</source>
   <translation>请先下载，或从零开始训练。</translation>
  </message>
  <message>
   <source>Download them, or choose the file with “Locate file”.</source>
   <translation>请下载，或用“定位文件”选择文件。</translation>
  </message>
  <message>
   <source>Download them, or copy the file {file} into a model folder.</source>
   <translation>请下载，或将文件 {file} 复制到模型文件夹。</translation>
  </message>
  <message>
   <source>Download weights</source>
   <translation>下载权重</translation>
  </message>
  <message>
   <source>Downloading</source>
   <translation>正在下载</translation>
  </message>
  <message>
   <source>Downloading weights</source>
   <translation>正在下载权重</translation>
  </message>
  <message>
   <source>Drag a box around an object.</source>
   <translation>请在对象周围拖出方框。</translation>
  </message>
  <message>
   <source>Drag a box around an object: what differs in colour from its surroundings becomes the active class.</source>
   <translation>在对象周围拖出方框：颜色不同于周围的部分归入当前类别。</translation>
  </message>
  <message>
   <source>Drag a box to give it to the active class. Right button or Ctrl makes it void.</source>
   <translation>拖出一个方框，归入当前类别。按右键或 Ctrl 设为未标注。</translation>
  </message>
  <message>
   <source>Drag a line across an object to cut it in two. Every object that it crosses from side to side is cut, or only the selected one if there is one.</source>
   <translation>拖一条线横穿对象，把它切成两半。线条贯穿的每个对象都会被切开；若有选中的对象，则只切它。</translation>
  </message>
  <message>
   <source>Drag around an area to give it to the active class. Right button or Ctrl makes it void.</source>
   <translation>拖动圈出一个区域，归入当前类别。按右键或 Ctrl 设为未标注。</translation>
  </message>
  <message>
   <source>Drag around an area to make its labels those of the model's answer: a new answer that waits to be applied, else the last one.</source>
   <translation>圈出一个区域，使其标注与模型结果一致：优先取等待应用的新结果，否则取最近一次的结果。</translation>
  </message>
  <message>
   <source>Drag from one half to the other, or cut it with the knife.</source>
   <translation>请从一半拖到另一半，或用切刀切开。</translation>
  </message>
  <message>
   <source>Drag rows to put them in order; double-click a name, kind or key to change it.</source>
   <translation>拖动行可排序；双击名称、种类或按键可修改。</translation>
  </message>
  <message>
   <source>Drag to move the picture; Space does it with every tool.</source>
   <translation>拖动以移动图片；任何工具下都可按住空格键。</translation>
  </message>
  <message>
   <source>Drop it</source>
   <translation>丢弃</translation>
  </message>
  <message>
   <source>Each void pixel gets the nearest label; with a distance, only the void that near to one.</source>
   <translation>每个未标注像素取最近的标注；若设定距离，则仅限该距离以内。</translation>
  </message>
  <message>
   <source>Earlier</source>
   <translation>提前</translation>
  </message>
  <message>
   <source>Earlier trainings</source>
   <translation>以前的训练</translation>
  </message>
  <message>
   <source>Earlier trainings…</source>
   <translation>以前的训练…</translation>
  </message>
  <message>
   <source>Edited</source>
   <translation>已修改</translation>
  </message>
  <message>
   <source>Encoding the picture</source>
   <translation>正在编码图片</translation>
  </message>
  <message>
   <source>End after epochs without gain</source>
   <translation>无进步轮数后结束</translation>
  </message>
  <message>
   <source>End the run; what it has answered stays</source>
   <translation>结束运行；已得到的结果保留</translation>
  </message>
  <message>
   <source>End the tour  (Esc)</source>
   <translation>结束导览（Esc）</translation>
  </message>
  <message>
   <source>End the training with the best epoch so far</source>
   <translation>以目前最好的一轮结束训练</translation>
  </message>
  <message>
   <source>Enter accepts</source>
   <translation>Enter 接受</translation>
  </message>
  <message>
   <source>Epoch {epoch}, loss {loss}</source>
   <translation>第 {epoch} 轮，损失 {loss}</translation>
  </message>
  <message>
   <source>Epochs</source>
   <translation>轮数</translation>
  </message>
  <message>
   <source>Eraser</source>
   <translation>橡皮</translation>
  </message>
  <message>
   <source>Eraser while held with the brush, brush with the eraser</source>
   <translation>按住时画笔变橡皮，橡皮变画笔</translation>
  </message>
  <message>
   <source>Every class that is not selected is left out.</source>
   <translation>未选中的类别全部舍弃。</translation>
  </message>
  <message>
   <source>Every pixel comes back as it is.</source>
   <translation>每个像素都原样读回。</translation>
  </message>
  <message>
   <source>Every pixel's class comes back; objects are not told apart.</source>
   <translation>每个像素的类别都能读回；不区分对象。</translation>
  </message>
  <message>
   <source>Everything</source>
   <translation>全部</translation>
  </message>
  <message>
   <source>Everything of the network is frozen: there is nothing to train.</source>
   <translation>网络已全部冻结：没有可训练的内容。</translation>
  </message>
  <message>
   <source>Export</source>
   <translation>导出</translation>
  </message>
  <message>
   <source>Export into</source>
   <translation>导出到</translation>
  </message>
  <message>
   <source>Export it again, with pictures of three channels as its input and a map of class scores as its answer.</source>
   <translation>请重新导出：输入为三通道图片，输出为类别得分图。</translation>
  </message>
  <message>
   <source>Export it again.</source>
   <translation>请重新导出。</translation>
  </message>
  <message>
   <source>Export it from CVAT again.</source>
   <translation>请从 CVAT 重新导出。</translation>
  </message>
  <message>
   <source>Export keys</source>
   <translation>导出快捷键</translation>
  </message>
  <message>
   <source>Export keys…</source>
   <translation>导出快捷键…</translation>
  </message>
  <message>
   <source>Export labels</source>
   <translation>导出标注</translation>
  </message>
  <message>
   <source>Export labels…</source>
   <translation>导出标注…</translation>
  </message>
  <message>
   <source>Export the class list</source>
   <translation>导出类别列表</translation>
  </message>
  <message>
   <source>Export the class list…</source>
   <translation>导出类别列表…</translation>
  </message>
  <message>
   <source>Export the labels or write a report now.</source>
   <translation>现在可以导出标注或生成报告。</translation>
  </message>
  <message>
   <source>Export the model as ONNX instead (torch.onnx.export).</source>
   <translation>请改为导出 ONNX 模型（torch.onnx.export）。</translation>
  </message>
  <message>
   <source>Export the model as ONNX, or write a card with [weights] rename = [["old", "new"]].</source>
   <translation>请将模型导出为 ONNX，或编写带有 [weights] rename = [["old", "new"]] 的模型卡。</translation>
  </message>
  <message>
   <source>Export the model as ONNX: that runs without a known architecture.</source>
   <translation>请将模型导出为 ONNX：无需已知结构即可运行。</translation>
  </message>
  <message>
   <source>Export the tasks as JSON.</source>
   <translation>请将任务导出为 JSON。</translation>
  </message>
  <message numerus="yes">
   <source>Exported %n picture(s) to {folder}.</source>
   <translation>
    <numerusform>已将 %n 张图片导出到 {folder}。</numerusform>
   </translation>
  </message>
  <message>
   <source>Exporting</source>
   <translation>正在导出</translation>
  </message>
  <message>
   <source>Failed</source>
   <translation>失败</translation>
  </message>
  <message>
   <source>Family</source>
   <translation>系列</translation>
  </message>
  <message>
   <source>Fast</source>
   <translation>快速</translation>
  </message>
  <message>
   <source>File</source>
   <translation>文件</translation>
  </message>
  <message>
   <source>Files</source>
   <translation>文件</translation>
  </message>
  <message>
   <source>Fill</source>
   <translation>填充</translation>
  </message>
  <message>
   <source>Fill holes</source>
   <translation>填充孔洞</translation>
  </message>
  <message>
   <source>Fill holes of objects in which another class shows, too.</source>
   <translation>物体孔洞中露出其他类别时也填充。</translation>
  </message>
  <message>
   <source>Fill over other labels too</source>
   <translation>也覆盖其他标注</translation>
  </message>
  <message>
   <source>Find a command</source>
   <translation>查找命令</translation>
  </message>
  <message>
   <source>Find a command or a key</source>
   <translation>查找命令或快捷键</translation>
  </message>
  <message>
   <source>Find a command, a model, a class or a picture</source>
   <translation>查找命令、模型、类别或图片</translation>
  </message>
  <message>
   <source>Find a command…</source>
   <translation>查找命令…</translation>
  </message>
  <message>
   <source>Find a key or what it does</source>
   <translation>按快捷键或用途查找</translation>
  </message>
  <message>
   <source>Find by name or class</source>
   <translation>按名称或类别查找</translation>
  </message>
  <message>
   <source>Finish what a tool has begun</source>
   <translation>完成工具已开始的操作</translation>
  </message>
  <message>
   <source>Fit</source>
   <translation>适应</translation>
  </message>
  <message>
   <source>Fit to window</source>
   <translation>适应窗口</translation>
  </message>
  <message>
   <source>Focal</source>
   <translation>Focal</translation>
  </message>
  <message>
   <source>Folder</source>
   <translation>文件夹</translation>
  </message>
  <message>
   <source>Forget the runs that have ended</source>
   <translation>移除已结束的运行</translation>
  </message>
  <message>
   <source>Format</source>
   <translation>格式</translation>
  </message>
  <message>
   <source>Formats</source>
   <translation>格式</translation>
  </message>
  <message>
   <source>Free some space and go on with it: the last checkpoint in {folder} is kept.</source>
   <translation>请腾出空间后继续：{folder} 中最后的检查点已保留。</translation>
  </message>
  <message>
   <source>Free some space and try again.</source>
   <translation>请腾出空间后重试。</translation>
  </message>
  <message>
   <source>Free some space or choose another model folder in the settings.</source>
   <translation>请腾出空间，或在设置中选择其他模型文件夹。</translation>
  </message>
  <message>
   <source>Free some space. Your work is kept in memory until it is saved.</source>
   <translation>请腾出空间。您的工作会保留在内存中，直到保存成功。</translation>
  </message>
  <message>
   <source>Freeze less of it.</source>
   <translation>请少冻结一些。</translation>
  </message>
  <message>
   <source>Freeze the encoder</source>
   <translation>冻结编码器</translation>
  </message>
  <message>
   <source>From</source>
   <translation>来源</translation>
  </message>
  <message>
   <source>From a data set…</source>
   <translation>来自数据集…</translation>
  </message>
  <message>
   <source>From labels</source>
   <translation>取自标注</translation>
  </message>
  <message>
   <source>From scratch, with random numbers</source>
   <translation>从零开始（随机数）</translation>
  </message>
  <message>
   <source>Gallery: try and compare…</source>
   <translation>模型库：试用与比较…</translation>
  </message>
  <message>
   <source>Gamma of the picture, for the eye only: larger makes dark parts lighter</source>
   <translation>图像伽马，仅影响显示：值越大暗部越亮</translation>
  </message>
  <message>
   <source>Gaps and bays of void that a disc does not fit into are filled; by objects also where stuff lies.</source>
   <translation>填补圆盘放不进去的空白缝隙和凹口；物体也可占用不可数类的像素。</translation>
  </message>
  <message>
   <source>Gaps between objects count more (U-Net)</source>
   <translation>物体之间的间隙权重更高（U-Net）</translation>
  </message>
  <message>
   <source>GeoJSON</source>
   <translation>GeoJSON</translation>
  </message>
  <message>
   <source>GeoTIFF masks</source>
   <translation>GeoTIFF 掩膜</translation>
  </message>
  <message>
   <source>Get the file {file} and choose it with “Locate file”.</source>
   <translation>请取得文件 {file}，再用“定位文件”选择它。</translation>
  </message>
  <message>
   <source>Give --epochs or --minutes.</source>
   <translation>请给出 --epochs 或 --minutes。</translation>
  </message>
  <message>
   <source>Give --out a name that ends in .ply.</source>
   <translation>请为 --out 指定以 .ply 结尾的文件名。</translation>
  </message>
  <message>
   <source>Give all labels of the selected classes to one class</source>
   <translation>把所选类别的全部标注归入一个类别</translation>
  </message>
  <message>
   <source>Give another class</source>
   <translation>改为其他类别</translation>
  </message>
  <message>
   <source>Give it a name.</source>
   <translation>请为它命名。</translation>
  </message>
  <message>
   <source>Give pixels of like colour around the pointer to the active class. Right button or Ctrl makes them void. Tolerance is the largest difference of red, green and blue.</source>
   <translation>把指针周围颜色相近的像素归入当前类别。按右键或 Ctrl 设为未标注。容差是红、绿、蓝差值的上限。</translation>
  </message>
  <message>
   <source>Give the class a number or letter that chooses it</source>
   <translation>给类别一个数字或字母按键</translation>
  </message>
  <message>
   <source>Give the connected region under the pointer to the active class. Right button or Ctrl makes it void.</source>
   <translation>把指针下的连通区域归入当前类别。按右键或 Ctrl 设为未标注。</translation>
  </message>
  <message>
   <source>Give the object under the cursor class 1 to 9</source>
   <translation>把光标下的对象改为第 1 至 9 个类别</translation>
  </message>
  <message>
   <source>Give the object under the pointer class {number}</source>
   <translation>将光标下的对象改为第 {number} 个类别</translation>
  </message>
  <message>
   <source>Give the pictures or the labels names that differ.</source>
   <translation>请让图片或标注的名称互不相同。</translation>
  </message>
  <message>
   <source>Go back</source>
   <translation>返回</translation>
  </message>
  <message>
   <source>Go on</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Go on with smaller crops or fewer pictures at a time; the last checkpoint is kept.</source>
   <translation>请用更小的裁块或更小的批量继续；最后的检查点已保留。</translation>
  </message>
  <message>
   <source>Go on with the run; pictures that are done are not run again</source>
   <translation>继续运行；已完成的图片不再重复</translation>
  </message>
  <message>
   <source>Go on working</source>
   <translation>继续工作</translation>
  </message>
  <message>
   <source>GrabCut</source>
   <translation>抠图框</translation>
  </message>
  <message>
   <source>Grow</source>
   <translation>扩张</translation>
  </message>
  <message>
   <source>Grow over other labels too</source>
   <translation>也覆盖其他标注</translation>
  </message>
  <message>
   <source>Guided upsampling</source>
   <translation>引导上采样</translation>
  </message>
  <message>
   <source>Guided upsampling was left out: this model decides by queries, not by class probabilities.</source>
   <translation>已略过引导上采样：该模型由查询而非类别概率决定结果。</translation>
  </message>
  <message>
   <source>Hand it on</source>
   <translation>导出交付</translation>
  </message>
  <message>
   <source>Hard pixels only (OHEM)</source>
   <translation>仅困难像素 (OHEM)</translation>
  </message>
  <message>
   <source>Hide labels</source>
   <translation>隐藏标注</translation>
  </message>
  <message>
   <source>Hide the panel {name}</source>
   <translation>隐藏面板“{name}”</translation>
  </message>
  <message>
   <source>Hold-out</source>
   <translation>留出集</translation>
  </message>
  <message>
   <source>How alike colours must be, of 255 (σβ).</source>
   <translation>颜色须相近到何种程度，满值 255（σβ）。</translation>
  </message>
  <message>
   <source>How far from a border an edge is looked for.</source>
   <translation>在边界多远的范围内寻找图像边缘。</translation>
  </message>
  <message>
   <source>How far that reaches, in pixels (σα).</source>
   <translation>上述作用的距离，单位像素（σα）。</translation>
  </message>
  <message>
   <source>How far that reaches, in pixels (σγ).</source>
   <translation>上述作用的距离，单位像素（σγ）。</translation>
  </message>
  <message>
   <source>How far they agree, by class</source>
   <translation>各类别的一致程度</translation>
  </message>
  <message>
   <source>How many answers the model draws; where they differ is doubtful.</source>
   <translation>模型抽取多少个结果；它们不一致的地方即为可疑之处。</translation>
  </message>
  <message>
   <source>How strong the labels are</source>
   <translation>标注的浓淡</translation>
  </message>
  <message>
   <source>How strongly near pixels pull together (w2).</source>
   <translation>邻近像素相互牵引的强度（w2）。</translation>
  </message>
  <message>
   <source>How strongly pixels of like colour pull together (w1).</source>
   <translation>颜色相近的像素相互牵引的强度（w1）。</translation>
  </message>
  <message>
   <source>Hugging Face datasets</source>
   <translation>Hugging Face 数据集</translation>
  </message>
  <message>
   <source>If it is a list of results, put the annotation file that has their images into the same folder.</source>
   <translation>如果它是结果列表，请把包含这些图片的标注文件放到同一文件夹中。</translation>
  </message>
  <message>
   <source>If it is a variant of it, export the model as ONNX: that runs without a known architecture.</source>
   <translation>如果是它的变体，请将模型导出为 ONNX：无需已知结构即可运行。</translation>
  </message>
  <message>
   <source>ImageNet mean and deviation, BGR</source>
   <translation>ImageNet 均值与标准差，BGR</translation>
  </message>
  <message>
   <source>ImageNet mean and deviation, RGB</source>
   <translation>ImageNet 均值与标准差，RGB</translation>
  </message>
  <message>
   <source>Import</source>
   <translation>导入</translation>
  </message>
  <message>
   <source>Import a class list</source>
   <translation>导入类别列表</translation>
  </message>
  <message>
   <source>Import a class list…</source>
   <translation>导入类别列表…</translation>
  </message>
  <message>
   <source>Import and export class lists, or add those of a well-known data set</source>
   <translation>导入、导出类别列表，或加入知名数据集的类别</translation>
  </message>
  <message>
   <source>Import as reference, or ask for corrected pictures to be replaced.</source>
   <translation>请作为参考导入，或选择替换已修正的图片。</translation>
  </message>
  <message>
   <source>Import from</source>
   <translation>导入自</translation>
  </message>
  <message>
   <source>Import keys</source>
   <translation>导入快捷键</translation>
  </message>
  <message>
   <source>Import keys…</source>
   <translation>导入快捷键…</translation>
  </message>
  <message>
   <source>Import labels</source>
   <translation>导入标注</translation>
  </message>
  <message>
   <source>Import labels…</source>
   <translation>导入标注…</translation>
  </message>
  <message>
   <source>Import reference labels, or run a model first.</source>
   <translation>请先导入参考标注，或运行模型。</translation>
  </message>
  <message>
   <source>Import reference labels, or verify pictures and compare with these.</source>
   <translation>请导入参考标注，或先确认一些图片再与之比较。</translation>
  </message>
  <message>
   <source>Import the labels again at the picture's own size, or leave this picture out.</source>
   <translation>请按图片本身的大小重新导入标注，或略过这张图片。</translation>
  </message>
  <message>
   <source>Import the reference labels first, or run a model.</source>
   <translation>请先导入参考标注，或运行模型。</translation>
  </message>
  <message numerus="yes">
   <source>Imported %n picture(s).</source>
   <translation>
    <numerusform>已导入 %n 张图片。</numerusform>
   </translation>
  </message>
  <message>
   <source>Importing</source>
   <translation>正在导入</translation>
  </message>
  <message>
   <source>In panoptic maps: of classes without objects, too.</source>
   <translation>在全景图中也处理不可数类。</translation>
  </message>
  <message>
   <source>In teach mode: choose “No label”</source>
   <translation>教学模式中：选择“无标签”</translation>
  </message>
  <message>
   <source>Index PNG</source>
   <translation>索引 PNG</translation>
  </message>
  <message>
   <source>Index PNGs with the VOC palette for classes and objects, boxes as XML, in the VOC folder layout.</source>
   <translation>按 VOC 文件夹结构存放的类别和物体索引 PNG（VOC 调色板），边框存为 XML。</translation>
  </message>
  <message>
   <source>Install a newer one with: pip install --upgrade "segdesk[transformers]"</source>
   <translation>请安装更新的版本：pip install --upgrade "segdesk[transformers]"</translation>
  </message>
  <message>
   <source>Install it into the same environment first; `segdesk plugins` lists those that are there.</source>
   <translation>请先把它安装到同一环境；`segdesk plugins` 会列出已有的软件包。</translation>
  </message>
  <message>
   <source>Install it with: pip install "segdesk[onnx]"</source>
   <translation>安装命令：pip install "segdesk[onnx]"</translation>
  </message>
  <message>
   <source>Install it with: pip install "segdesk[parquet]"</source>
   <translation>安装命令：pip install "segdesk[parquet]"</translation>
  </message>
  <message>
   <source>Install it with: pip install "segdesk[ray]"</source>
   <translation>安装命令：pip install "segdesk[ray]"</translation>
  </message>
  <message>
   <source>Install it with: pip install "segdesk[transformers]"</source>
   <translation>安装命令：pip install "segdesk[transformers]"</translation>
  </message>
  <message>
   <source>Install the package numba, or switch the CRF off.</source>
   <translation>请安装 numba 软件包，或关闭 CRF。</translation>
  </message>
  <message>
   <source>Install the program again; the file {log} has the details.</source>
   <translation>请重新安装程序；详情见文件 {log}。</translation>
  </message>
  <message>
   <source>Install the same version everywhere.</source>
   <translation>请在所有机器上安装相同的版本。</translation>
  </message>
  <message>
   <source>Interval</source>
   <translation>区间</translation>
  </message>
  <message>
   <source>IoU</source>
   <translation>IoU</translation>
  </message>
  <message>
   <source>IoU, outlines, panoptic quality, objects and average precision with intervals and plots: as a page that can be printed, as tables and as JSON. “Compare labels” shows the same in the window.</source>
   <translation>交并比、轮廓、全景质量、物体与平均精确率，附置信区间和图表：可打印的网页、表格和 JSON。“比较标注”可在窗口中查看同样的结果。</translation>
  </message>
  <message>
   <source>It begins when the run before it has ended.</source>
   <translation>前一个运行结束后开始。</translation>
  </message>
  <message>
   <source>It can be JSON (SegDesk, CVAT, Supervisely, COCO), CSV, or a text with one name a line.</source>
   <translation>可以是 JSON（SegDesk、CVAT、Supervisely、COCO）、CSV，或每行一个名称的文本。</translation>
  </message>
  <message>
   <source>It cannot be read back.</source>
   <translation>无法读回。</translation>
  </message>
  <message>
   <source>It has been switched off. Ask its makers for another version.</source>
   <translation>它已被关闭。请向作者索取其他版本。</translation>
  </message>
  <message>
   <source>It has one path or URL a line.</source>
   <translation>每行一个路径或 URL。</translation>
  </message>
  <message>
   <source>It has that key already.</source>
   <translation>该命令已有此快捷键。</translation>
  </message>
  <message>
   <source>It has: {classes}.</source>
   <translation>已有：{classes}。</translation>
  </message>
  <message>
   <source>It is called label or mask.</source>
   <translation>该列名为 label 或 mask。</translation>
  </message>
  <message>
   <source>It is in the menu of models.</source>
   <translation>可在模型菜单中找到。</translation>
  </message>
  <message>
   <source>It may be damaged or cut off; write it anew from the program that made it.</source>
   <translation>文件可能已损坏或不完整；请用生成它的程序重新导出。</translation>
  </message>
  <message>
   <source>It may have been moved or renamed.</source>
   <translation>它可能已被移动或重命名。</translation>
  </message>
  <message>
   <source>It may have been trained with another number of classes.</source>
   <translation>它可能是用不同的类别数训练的。</translation>
  </message>
  <message>
   <source>It must be JSON with the lists images, annotations and categories.</source>
   <translation>它必须是含有 images、annotations 和 categories 列表的 JSON。</translation>
  </message>
  <message>
   <source>It needs a column path or url.</source>
   <translation>它需要名为 path 或 url 的列。</translation>
  </message>
  <message>
   <source>It sees: {names} ({seconds} s).</source>
   <translation>识别到：{names}（{seconds} 秒）。</translation>
  </message>
  <message>
   <source>It was recovered from this file before.</source>
   <translation>此前已从该文件恢复。</translation>
  </message>
  <message>
   <source>Iterations</source>
   <translation>迭代次数</translation>
  </message>
  <message>
   <source>Its classes are: {classes}.</source>
   <translation>它的类别有：{classes}。</translation>
  </message>
  <message>
   <source>Its classes are: {known}.</source>
   <translation>其类别为：{known}。</translation>
  </message>
  <message>
   <source>Its config.json needs id2label.</source>
   <translation>其 config.json 需要 id2label。</translation>
  </message>
  <message>
   <source>Its encoder</source>
   <translation>其编码器</translation>
  </message>
  <message>
   <source>Its own answer is learned too, where no label says otherwise</source>
   <translation>在没有标签反对之处，也学习模型自己的答案</translation>
  </message>
  <message>
   <source>Its own name</source>
   <translation>按自己的名称</translation>
  </message>
  <message>
   <source>Its pictures are chosen when it begins.</source>
   <translation>运行开始时确定图片。</translation>
  </message>
  <message>
   <source>Its weights are missing: locate the file to see it on your picture.</source>
   <translation>缺少权重：指定文件后即可在您的图片上查看。</translation>
  </message>
  <message>
   <source>Its weights are not here yet: download them to see it on your picture.</source>
   <translation>权重尚未下载：下载后即可在您的图片上查看。</translation>
  </message>
  <message>
   <source>Its weights fit no known architecture. It can run as the program that it is. It names no operation on files or the network, but it may use much memory or time: run it only if you trust where it comes from.</source>
   <translation>其权重不符合任何已知结构。它可以作为程序本身运行。程序中没有文件或网络操作，但可能占用大量内存或时间：仅在信任其来源时运行。</translation>
  </message>
  <message>
   <source>JPEG</source>
   <translation>JPEG</translation>
  </message>
  <message>
   <source>Judge</source>
   <translation>评估</translation>
  </message>
  <message>
   <source>Judge here</source>
   <translation>评估本张</translation>
  </message>
  <message>
   <source>Judge on all</source>
   <translation>评估全部</translation>
  </message>
  <message>
   <source>Judged by</source>
   <translation>评判所用</translation>
  </message>
  <message>
   <source>Judging the refinements</source>
   <translation>正在评估后处理步骤</translation>
  </message>
  <message>
   <source>Keep</source>
   <translation>保存</translation>
  </message>
  <message>
   <source>Keep SegDesk open</source>
   <translation>保持 SegDesk 打开</translation>
  </message>
  <message>
   <source>Keep and run on all</source>
   <translation>保留并对全部运行</translation>
  </message>
  <message>
   <source>Keep as model</source>
   <translation>存为模型</translation>
  </message>
  <message>
   <source>Keep as model…</source>
   <translation>存为模型…</translation>
  </message>
  <message>
   <source>Keep it under a name, for other projects too</source>
   <translation>以一个名称保存，其他项目也能使用</translation>
  </message>
  <message>
   <source>Keep largest part</source>
   <translation>保留最大部分</translation>
  </message>
  <message>
   <source>Keep the labels as they are</source>
   <translation>保持标注不变</translation>
  </message>
  <message>
   <source>Keep the new model</source>
   <translation>保留新模型</translation>
  </message>
  <message>
   <source>Keeping speeds</source>
   <translation>正在保存速度</translation>
  </message>
  <message>
   <source>Keeping the model</source>
   <translation>保存模型</translation>
  </message>
  <message>
   <source>Kept</source>
   <translation>已保留</translation>
  </message>
  <message>
   <source>Key</source>
   <translation>按键</translation>
  </message>
  <message>
   <source>Keys</source>
   <translation>快捷键</translation>
  </message>
  <message>
   <source>Keys (*.json)</source>
   <translation>快捷键 (*.json)</translation>
  </message>
  <message>
   <source>Keys as in</source>
   <translation>快捷键方案</translation>
  </message>
  <message>
   <source>Keys of SegDesk</source>
   <translation>SegDesk 快捷键</translation>
  </message>
  <message>
   <source>Keys of the commands</source>
   <translation>命令的快捷键</translation>
  </message>
  <message>
   <source>Keys {keys}, or Alt and the wheel.</source>
   <translation>快捷键 {keys}，或 Alt 加滚轮。</translation>
  </message>
  <message>
   <source>Kind</source>
   <translation>种类</translation>
  </message>
  <message>
   <source>Knife</source>
   <translation>切刀</translation>
  </message>
  <message>
   <source>Known are: {known}.</source>
   <translation>已知的有：{known}。</translation>
  </message>
  <message>
   <source>Known are: {known}. Any other may be exported as ONNX.</source>
   <translation>已知的有：{known}。其他模型可导出为 ONNX。</translation>
  </message>
  <message>
   <source>Label Studio</source>
   <translation>Label Studio</translation>
  </message>
  <message>
   <source>Label another picture first.</source>
   <translation>请先再标注一张图片。</translation>
  </message>
  <message>
   <source>Label or verify another picture.</source>
   <translation>请再标注或确认一张图片。</translation>
  </message>
  <message>
   <source>Label some of it, choose another hold-out, or leave the class out.</source>
   <translation>请标注一些该类别，另选留出集，或去掉该类别。</translation>
  </message>
  <message>
   <source>Label something first.</source>
   <translation>请先标注一些内容。</translation>
  </message>
  <message>
   <source>Labels</source>
   <translation>标注</translation>
  </message>
  <message>
   <source>Labels are (H, W), of the picture's own size.</source>
   <translation>标注为 (H, W)，与图片尺寸相同。</translation>
  </message>
  <message>
   <source>Labels are never resized; check that they belong to this picture.</source>
   <translation>标注不会被缩放；请检查它们是否属于这张图片。</translation>
  </message>
  <message>
   <source>Labels hidden</source>
   <translation>标注已隐藏</translation>
  </message>
  <message>
   <source>Labels of the data set</source>
   <translation>数据集的标签</translation>
  </message>
  <message>
   <source>Labels of {name}</source>
   <translation>{name} 的标签</translation>
  </message>
  <message>
   <source>Labels that are damaged are not shown; nothing can be changed.</source>
   <translation>已损坏的标注不会显示；不能做任何更改。</translation>
  </message>
  <message>
   <source>Labels that judge and are never learned from</source>
   <translation>只用于评判、从不用于学习的标签</translation>
  </message>
  <message>
   <source>Language</source>
   <translation>语言</translation>
  </message>
  <message>
   <source>Larger brush</source>
   <translation>放大画笔</translation>
  </message>
  <message>
   <source>Larger holes stay; 0 fills all.</source>
   <translation>更大的孔洞保留；0 表示全部填充。</translation>
  </message>
  <message>
   <source>Largest hole</source>
   <translation>最大孔洞</translation>
  </message>
  <message>
   <source>Lasso</source>
   <translation>套索</translation>
  </message>
  <message>
   <source>Later</source>
   <translation>推后</translation>
  </message>
  <message numerus="yes">
   <source>Learned from %n picture(s).</source>
   <translation>
    <numerusform>已从 %n 张图片学习。</numerusform>
   </translation>
  </message>
  <message>
   <source>Learning</source>
   <translation>学习</translation>
  </message>
  <message>
   <source>Learning…</source>
   <translation>学习中…</translation>
  </message>
  <message>
   <source>Least share</source>
   <translation>最小比例</translation>
  </message>
  <message>
   <source>Least stuff</source>
   <translation>最小区域类面积</translation>
  </message>
  <message>
   <source>Leave it</source>
   <translation>保持原样</translation>
  </message>
  <message>
   <source>Leave it empty to group by folder.</source>
   <translation>留空则按文件夹分组。</translation>
  </message>
  <message>
   <source>Leave out the others</source>
   <translation>舍弃其余类别</translation>
  </message>
  <message>
   <source>Leave teach mode</source>
   <translation>离开教学模式</translation>
  </message>
  <message>
   <source>Leave teach mode first.</source>
   <translation>请先离开教学模式。</translation>
  </message>
  <message>
   <source>Leave this picture out.</source>
   <translation>请排除这张图片。</translation>
  </message>
  <message>
   <source>Left alone</source>
   <translation>未处理</translation>
  </message>
  <message>
   <source>Left out</source>
   <translation>舍弃</translation>
  </message>
  <message>
   <source>Let it be</source>
   <translation>不继续</translation>
  </message>
  <message>
   <source>Let the file be copied instead.</source>
   <translation>请改为复制文件。</translation>
  </message>
  <message>
   <source>Let unlabelled pixels count as the ground.</source>
   <translation>请将未标注像素视为背景。</translation>
  </message>
  <message>
   <source>Let {package} {version} run as a part of SegDesk?</source>
   <translation>让 {package} {version} 作为 SegDesk 的一部分运行？</translation>
  </message>
  <message>
   <source>Licence</source>
   <translation>许可</translation>
  </message>
  <message>
   <source>Licence of the code</source>
   <translation>代码许可</translation>
  </message>
  <message>
   <source>Licence of the training data</source>
   <translation>训练数据许可</translation>
  </message>
  <message>
   <source>Licence of the weights</source>
   <translation>权重许可</translation>
  </message>
  <message>
   <source>Licences of models</source>
   <translation>模型许可证</translation>
  </message>
  <message>
   <source>Licences of packages</source>
   <translation>软件包许可证</translation>
  </message>
  <message>
   <source>Light</source>
   <translation>浅色</translation>
  </message>
  <message>
   <source>Line {line} of {name} was left out: {reason}.</source>
   <translation>{name} 的第 {line} 行被略去：{reason}。</translation>
  </message>
  <message>
   <source>Link to them where they are</source>
   <translation>链接到原位置</translation>
  </message>
  <message>
   <source>Listing the models</source>
   <translation>正在列出模型</translation>
  </message>
  <message>
   <source>Lists</source>
   <translation>列表</translation>
  </message>
  <message>
   <source>Locate the weights file {file}</source>
   <translation>定位权重文件 {file}</translation>
  </message>
  <message>
   <source>Locate weights file…</source>
   <translation>定位权重文件…</translation>
  </message>
  <message>
   <source>Locate…</source>
   <translation>定位…</translation>
  </message>
  <message>
   <source>Lock object</source>
   <translation>锁定对象</translation>
  </message>
  <message>
   <source>Lock or unlock class</source>
   <translation>锁定或解锁类别</translation>
  </message>
  <message>
   <source>Lock or unlock object</source>
   <translation>锁定或解锁对象</translation>
  </message>
  <message>
   <source>Lock the class</source>
   <translation>锁定类别</translation>
  </message>
  <message>
   <source>Lock the class {name}</source>
   <translation>锁定类别 {name}</translation>
  </message>
  <message>
   <source>Locked objects</source>
   <translation>已锁定的对象</translation>
  </message>
  <message>
   <source>Locked: click to unlock</source>
   <translation>已锁定：单击解锁</translation>
  </message>
  <message>
   <source>Log</source>
   <translation>日志</translation>
  </message>
  <message>
   <source>Longer side at most 1024</source>
   <translation>长边不超过 1024</translation>
  </message>
  <message>
   <source>Look</source>
   <translation>外观</translation>
  </message>
  <message>
   <source>Look again</source>
   <translation>重新查找</translation>
  </message>
  <message>
   <source>Look at the picture alone.</source>
   <translation>请单独检查这张图片。</translation>
  </message>
  <message>
   <source>Look at the rights of that folder.</source>
   <translation>请检查该文件夹的权限。</translation>
  </message>
  <message>
   <source>Look first…</source>
   <translation>先查看…</translation>
  </message>
  <message>
   <source>Looking at the labels</source>
   <translation>正在查看标签</translation>
  </message>
  <message>
   <source>Looking at the labels…</source>
   <translation>正在查看标注…</translation>
  </message>
  <message>
   <source>Looking at what was dropped</source>
   <translation>正在查看拖入的内容</translation>
  </message>
  <message>
   <source>Looking for pictures…</source>
   <translation>正在查找图片…</translation>
  </message>
  <message>
   <source>Looking for plug-ins</source>
   <translation>正在查找插件</translation>
  </message>
  <message>
   <source>Looking for the models…</source>
   <translation>正在查找模型…</translation>
  </message>
  <message>
   <source>Looking for the places</source>
   <translation>正在查找位置</translation>
  </message>
  <message>
   <source>Looking for trainings</source>
   <translation>正在查找训练</translation>
  </message>
  <message>
   <source>Loss</source>
   <translation>损失</translation>
  </message>
  <message>
   <source>Make all labels those of the model's answer; the tool Answer does it in an area.</source>
   <translation>把全部标注恢复为模型结果；只恢复一块区域请用“取结果”工具。</translation>
  </message>
  <message>
   <source>Make all objects of the active class one object.</source>
   <translation>把当前类别的所有对象合并为一个。</translation>
  </message>
  <message>
   <source>Make it again</source>
   <translation>重做</translation>
  </message>
  <message>
   <source>Make objects larger by some pixels, over void or over other labels too; they do not grow over each other.</source>
   <translation>让对象向外扩张若干像素，可只占未标注处，也可覆盖其他标注；所选对象之间互不覆盖。</translation>
  </message>
  <message>
   <source>Make objects smaller by some pixels; what they lose becomes void.</source>
   <translation>让对象向内收缩若干像素，让出的部分设为未标注。</translation>
  </message>
  <message>
   <source>Make one with: segdesk run FOLDER --model ID</source>
   <translation>可用此命令创建：segdesk run FOLDER --model ID</translation>
  </message>
  <message>
   <source>Make pixels void. Right button or Ctrl paints; Shift erases the active class only, and Shift+click draws a straight line from the last stroke's end.</source>
   <translation>把像素设为未标注。按右键或 Ctrl 绘制；按住 Shift 只擦除当前类别，按住 Shift 单击则从上一笔的终点画直线。</translation>
  </message>
  <message>
   <source>Make the class countable in the list of classes, or paint with another class.</source>
   <translation>请在类别列表中把该类别设为可数，或用其他类别绘制。</translation>
  </message>
  <message>
   <source>Make the model's answer the labels of this picture; you can undo it</source>
   <translation>把模型结果作为这张图片的标注；可以撤销</translation>
  </message>
  <message>
   <source>Make the panel {name} a window of its own</source>
   <translation>将面板“{name}”变为独立窗口</translation>
  </message>
  <message>
   <source>Make the selected object void.</source>
   <translation>把选中的对象设为未标注。</translation>
  </message>
  <message>
   <source>Makes no sense for this kind of model.</source>
   <translation>对这类模型没有意义。</translation>
  </message>
  <message>
   <source>Margin</source>
   <translation>边距</translation>
  </message>
  <message>
   <source>Mark classes as things, or choose a model that tells classes apart only.</source>
   <translation>请将类别标为可数对象，或选择只区分类别的模型。</translation>
  </message>
  <message>
   <source>Mask threshold</source>
   <translation>掩膜阈值</translation>
  </message>
  <message>
   <source>Masks as</source>
   <translation>掩码存为</translation>
  </message>
  <message>
   <source>Match classes of {model}</source>
   <translation>{model} 的类别对应</translation>
  </message>
  <message>
   <source>Match classes…</source>
   <translation>类别对应…</translation>
  </message>
  <message>
   <source>Mean</source>
   <translation>平均</translation>
  </message>
  <message>
   <source>Measure</source>
   <translation>测量</translation>
  </message>
  <message>
   <source>Measure how fast it is on this machine, on the open picture</source>
   <translation>在打开的图片上测量它在本机的速度</translation>
  </message>
  <message>
   <source>Measuring the model</source>
   <translation>正在测量模型</translation>
  </message>
  <message>
   <source>Memory for the pictures around the open one, so that the next one shows at once.</source>
   <translation>用于预读当前图片前后图片的内存，使下一张立即显示。</translation>
  </message>
  <message>
   <source>Memory of the graphics card ran out: the picture was computed on the processor.</source>
   <translation>显存不足：已在处理器上计算这张图片。</translation>
  </message>
  <message>
   <source>Memory ran out: the picture was computed in tiles.</source>
   <translation>内存不足：已分块计算这张图片。</translation>
  </message>
  <message>
   <source>Menu key, Shift+F10</source>
   <translation>菜单键、Shift+F10</translation>
  </message>
  <message>
   <source>Menu of the picture</source>
   <translation>图片菜单</translation>
  </message>
  <message>
   <source>Menu of what is under the pointer</source>
   <translation>光标下内容的菜单</translation>
  </message>
  <message>
   <source>Merge</source>
   <translation>合并</translation>
  </message>
  <message>
   <source>Merge all of the class</source>
   <translation>合并该类别的全部对象</translation>
  </message>
  <message>
   <source>Merge classes</source>
   <translation>合并类别</translation>
  </message>
  <message>
   <source>Merge or delete segments before adding new ones.</source>
   <translation>请先合并或删除一些区段，再添加新的。</translation>
  </message>
  <message>
   <source>Merge the two, if they mean the same.</source>
   <translation>如果两者是同一个意思，请合并它们。</translation>
  </message>
  <message>
   <source>Micrographs with exact labels, and photographs. Nothing is downloaded.</source>
   <translation>带精确标注的显微图像和照片，无需下载。</translation>
  </message>
  <message>
   <source>Microscopy, from above</source>
   <translation>显微、俯视</translation>
  </message>
  <message>
   <source>Middle button</source>
   <translation>中键</translation>
  </message>
  <message>
   <source>Minimum area</source>
   <translation>最小面积</translation>
  </message>
  <message>
   <source>Minutes at most</source>
   <translation>最多分钟</translation>
  </message>
  <message>
   <source>Mirror check</source>
   <translation>镜像检查</translation>
  </message>
  <message>
   <source>Model</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>Model cards (TOML) and weights in this folder are found at every start: {folder}</source>
   <translation>每次启动都会找到此文件夹中的模型卡 (TOML) 和权重：{folder}</translation>
  </message>
  <message>
   <source>Model folders</source>
   <translation>模型文件夹</translation>
  </message>
  <message>
   <source>Model folders…</source>
   <translation>模型文件夹…</translation>
  </message>
  <message>
   <source>Model gallery</source>
   <translation>模型库</translation>
  </message>
  <message>
   <source>Model gallery…</source>
   <translation>模型库…</translation>
  </message>
  <message>
   <source>Model of the run</source>
   <translation>运行的模型</translation>
  </message>
  <message>
   <source>Model {letter}</source>
   <translation>模型 {letter}</translation>
  </message>
  <message>
   <source>Model's answer</source>
   <translation>模型结果</translation>
  </message>
  <message>
   <source>Models</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>Models as cards, tried on the open picture</source>
   <translation>以卡片显示模型，并在打开的图片上试用</translation>
  </message>
  <message>
   <source>Models that come with SegDesk</source>
   <translation>SegDesk 自带的模型</translation>
  </message>
  <message>
   <source>More thresholds: overlap of objects, least stuff</source>
   <translation>更多阈值：对象重叠、最小区域类面积</translation>
  </message>
  <message>
   <source>Motion</source>
   <translation>动画</translation>
  </message>
  <message>
   <source>Move</source>
   <translation>有动画</translation>
  </message>
  <message>
   <source>Move SegDesk.app to the folder of applications, and open it once.</source>
   <translation>请将 SegDesk.app 移到“应用程序”文件夹，然后打开一次。</translation>
  </message>
  <message>
   <source>Move down</source>
   <translation>下移</translation>
  </message>
  <message>
   <source>Move up</source>
   <translation>上移</translation>
  </message>
  <message>
   <source>NPY</source>
   <translation>NPY</translation>
  </message>
  <message>
   <source>NPZ, compressed</source>
   <translation>NPZ（压缩）</translation>
  </message>
  <message>
   <source>Name</source>
   <translation>名称</translation>
  </message>
  <message>
   <source>Name a project file.</source>
   <translation>请指定项目文件。</translation>
  </message>
  <message>
   <source>Name of the model:</source>
   <translation>模型名称：</translation>
  </message>
  <message>
   <source>Name of the new model</source>
   <translation>新模型的名称</translation>
  </message>
  <message>
   <source>Name one or several, with commas: cat, dog</source>
   <translation>给出一个或多个词，用逗号分隔：cat, dog</translation>
  </message>
  <message>
   <source>Name some, for instance: --crf --step open --step fill_holes</source>
   <translation>请指定，例如：--crf --step open --step fill_holes</translation>
  </message>
  <message>
   <source>Name the data set to learn from.</source>
   <translation>请指明用于学习的数据集。</translation>
  </message>
  <message>
   <source>Name the format of the data set.</source>
   <translation>请指明数据集的格式。</translation>
  </message>
  <message>
   <source>Name the model to start from.</source>
   <translation>请指定起始模型。</translation>
  </message>
  <message>
   <source>Name the project to train on.</source>
   <translation>请指明用于训练的项目。</translation>
  </message>
  <message>
   <source>Name their folder.</source>
   <translation>请指明图像所在的文件夹。</translation>
  </message>
  <message>
   <source>Needs the package numba.</source>
   <translation>需要安装 numba 包。</translation>
  </message>
  <message>
   <source>Network</source>
   <translation>网络</translation>
  </message>
  <message>
   <source>New</source>
   <translation>新</translation>
  </message>
  <message>
   <source>New answer, not applied yet</source>
   <translation>新结果，尚未应用</translation>
  </message>
  <message>
   <source>New answer: applying it replaces your corrections.</source>
   <translation>新结果：应用它会替换您的修改。</translation>
  </message>
  <message>
   <source>New colours for all classes, or another order</source>
   <translation>给所有类别换颜色，或换顺序</translation>
  </message>
  <message>
   <source>Next</source>
   <translation>下一张</translation>
  </message>
  <message>
   <source>Next answer of the tool Clicks</source>
   <translation>点选工具的下一个结果</translation>
  </message>
  <message>
   <source>Next doubtful place</source>
   <translation>下一个可疑位置</translation>
  </message>
  <message>
   <source>Next not verified</source>
   <translation>下一张未确认</translation>
  </message>
  <message>
   <source>Next part of the window</source>
   <translation>窗口的下一部分</translation>
  </message>
  <message>
   <source>Next picture</source>
   <translation>下一张图片</translation>
  </message>
  <message>
   <source>Next place</source>
   <translation>下一处</translation>
  </message>
  <message>
   <source>Next, previous answer of the tool Clicks</source>
   <translation>“点选”工具的下一个、上一个结果</translation>
  </message>
  <message>
   <source>No architecture fits the weights: the program in the file is used.</source>
   <translation>没有结构符合这些权重：使用文件中的程序。</translation>
  </message>
  <message>
   <source>No border moves here.</source>
   <translation>这里没有边界移动。</translation>
  </message>
  <message>
   <source>No classes yet.</source>
   <translation>还没有类别。</translation>
  </message>
  <message>
   <source>No doubtful places are known: run a model on this picture.</source>
   <translation>没有已知的可疑位置：请先对此图片运行模型。</translation>
  </message>
  <message>
   <source>No format can be read.</source>
   <translation>没有可读取的格式。</translation>
  </message>
  <message>
   <source>No format can be written.</source>
   <translation>没有可写出的格式。</translation>
  </message>
  <message>
   <source>No installed Python package has plug-ins for SegDesk.</source>
   <translation>已安装的 Python 软件包中没有 SegDesk 插件。</translation>
  </message>
  <message>
   <source>No installed package {package} has plug-ins for SegDesk.</source>
   <translation>没有名为 {package} 的已安装软件包带有 SegDesk 插件。</translation>
  </message>
  <message>
   <source>No key fits these words.</source>
   <translation>没有符合这些词的快捷键。</translation>
  </message>
  <message>
   <source>No known architecture fits {file}. By the shapes of its parameters the nearest is {title} ({net}), but they have other names, such as {examples}.</source>
   <translation>没有已知结构符合 {file}。按参数形状最接近的是 {title}（{net}），但参数名称不同，例如 {examples}。</translation>
  </message>
  <message>
   <source>No known architecture fits {file}. The nearest is {title} ({net}): {missing} of its parameters are missing, {surplus} are foreign, {other} have another shape, such as {examples}.</source>
   <translation>没有已知结构符合 {file}。最接近的是 {title}（{net}）：缺少 {missing} 个参数，多出 {surplus} 个，{other} 个形状不同，例如 {examples}。</translation>
  </message>
  <message>
   <source>No known architecture is like {file}. Its parameters are called {examples}.</source>
   <translation>没有与 {file} 相似的已知结构。它的参数名为 {examples}。</translation>
  </message>
  <message>
   <source>No label</source>
   <translation>无标签</translation>
  </message>
  <message>
   <source>No labels of the classes that go are known.</source>
   <translation>没有发现被去掉的类别的标注。</translation>
  </message>
  <message>
   <source>No limit</source>
   <translation>不限</translation>
  </message>
  <message>
   <source>No link to {file} can be made here.</source>
   <translation>此处无法链接到 {file}。</translation>
  </message>
  <message>
   <source>No longer there: moved, renamed, or on a drive that is not connected.</source>
   <translation>已不在原处：可能被移动、改名，或所在的驱动器未连接。</translation>
  </message>
  <message>
   <source>No model fits. Clear search and filters to see all.</source>
   <translation>没有符合的模型。清除搜索和筛选即可查看全部。</translation>
  </message>
  <message>
   <source>No model has answered for this picture yet.</source>
   <translation>还没有模型处理过这张图片。</translation>
  </message>
  <message>
   <source>No notch was found at which this object could be split.</source>
   <translation>没有找到可拆分该对象的凹口。</translation>
  </message>
  <message>
   <source>No object is selected.</source>
   <translation>没有选中对象。</translation>
  </message>
  <message>
   <source>No objects in this picture yet.</source>
   <translation>这张图片还没有对象。</translation>
  </message>
  <message>
   <source>No open picture is left in this list.</source>
   <translation>此列表中没有待处理的图片了。</translation>
  </message>
  <message>
   <source>No other model has its weights here.</source>
   <translation>这里没有其他模型的权重。</translation>
  </message>
  <message>
   <source>No picture failed. The list of all pictures is kept until the program ends.</source>
   <translation>没有图片失败。完整的图片列表只保留到程序结束。</translation>
  </message>
  <message>
   <source>No picture fits the filter.</source>
   <translation>没有符合筛选条件的图片。</translation>
  </message>
  <message>
   <source>No picture has labels in both layers, {layer} and {against}.</source>
   <translation>没有图片同时具有 {layer} 和 {against} 两个图层的标注。</translation>
  </message>
  <message>
   <source>No picture is open</source>
   <translation>没有打开的图片</translation>
  </message>
  <message>
   <source>No picture is open.</source>
   <translation>没有打开的图片。</translation>
  </message>
  <message>
   <source>No picture is verified yet.</source>
   <translation>还没有已确认的图片。</translation>
  </message>
  <message>
   <source>No picture of this kind.</source>
   <translation>没有这类图片。</translation>
  </message>
  <message>
   <source>No picture that is learned from shows the class {name}.</source>
   <translation>用于学习的图片中没有类别 {name}。</translation>
  </message>
  <message>
   <source>No pictures in this folder.</source>
   <translation>此文件夹中没有图片。</translation>
  </message>
  <message>
   <source>No pictures were found beside the labels in {path}.</source>
   <translation>在 {path} 的标签旁没有找到图像。</translation>
  </message>
  <message>
   <source>No project has been opened yet</source>
   <translation>还没有打开过项目</translation>
  </message>
  <message>
   <source>No project is open.</source>
   <translation>没有打开的项目。</translation>
  </message>
  <message>
   <source>No public weights: untrained, it would answer with noise. Train it, or locate a file.</source>
   <translation>没有公开权重：未经训练只会输出噪声。请先训练，或指定权重文件。</translation>
  </message>
  <message>
   <source>No refinement is named.</source>
   <translation>没有指定任何后处理步骤。</translation>
  </message>
  <message>
   <source>No run yet.</source>
   <translation>还没有运行。</translation>
  </message>
  <message>
   <source>No strokes have been painted yet.</source>
   <translation>还没有任何涂画。</translation>
  </message>
  <message>
   <source>No such place is left.</source>
   <translation>已没有这样的位置。</translation>
  </message>
  <message>
   <source>No void left</source>
   <translation>消除未标注</translation>
  </message>
  <message>
   <source>No words are given to look for.</source>
   <translation>没有给出要查找的词。</translation>
  </message>
  <message>
   <source>No.</source>
   <translation>编号</translation>
  </message>
  <message>
   <source>None</source>
   <translation>无</translation>
  </message>
  <message>
   <source>None of the project's classes is one of {format}.</source>
   <translation>项目的类别都不属于 {format}。</translation>
  </message>
  <message>
   <source>Normalisation</source>
   <translation>归一化</translation>
  </message>
  <message>
   <source>Not everything could be saved.</source>
   <translation>没能保存全部内容。</translation>
  </message>
  <message>
   <source>Not locked: click to lock</source>
   <translation>未锁定：单击锁定</translation>
  </message>
  <message>
   <source>Not saved</source>
   <translation>未保存</translation>
  </message>
  <message>
   <source>Not verified</source>
   <translation>未确认</translation>
  </message>
  <message>
   <source>Nothing but undo changes a locked object until it is unlocked.</source>
   <translation>解锁之前，除撤销外，任何操作都不会改变已锁定的对象。</translation>
  </message>
  <message>
   <source>Nothing but undo changes the pixels of a locked class until it is unlocked.</source>
   <translation>解锁之前，除撤销外，任何操作都不会改变已锁定类别的像素。</translation>
  </message>
  <message>
   <source>Nothing has been compared yet.</source>
   <translation>还没有进行比较。</translation>
  </message>
  <message>
   <source>Nothing has been opened yet.</source>
   <translation>还没有打开过任何项目。</translation>
  </message>
  <message>
   <source>Nothing here can move labels to edges.</source>
   <translation>这里无法将标注移到边缘。</translation>
  </message>
  <message>
   <source>Nothing here is called so.</source>
   <translation>没有这样的名称。</translation>
  </message>
  <message>
   <source>Nothing in this box differs from its surroundings.</source>
   <translation>框内没有与周围不同的内容。</translation>
  </message>
  <message>
   <source>Nothing in {name} can be read any more.</source>
   <translation>{name} 中的任何内容都无法读取。</translation>
  </message>
  <message>
   <source>Now</source>
   <translation>现在</translation>
  </message>
  <message>
   <source>NumPy arrays</source>
   <translation>NumPy 数组</translation>
  </message>
  <message>
   <source>OK</source>
   <translation>确定</translation>
  </message>
  <message>
   <source>ONNX models need the package onnxruntime, which is not installed.</source>
   <translation>ONNX 模型需要 onnxruntime 包，但尚未安装。</translation>
  </message>
  <message>
   <source>Object {id} of {name} has no category of the list.</source>
   <translation>{name} 的对象 {id} 没有列表中的类别。</translation>
  </message>
  <message>
   <source>Object {id} of {name} was left out: {reason}.</source>
   <translation>{name} 的对象 {id} 未导入：{reason}。</translation>
  </message>
  <message>
   <source>Objects</source>
   <translation>对象</translation>
  </message>
  <message>
   <source>Objects and stuff</source>
   <translation>对象与区域类</translation>
  </message>
  <message>
   <source>Objects below this score are left out.</source>
   <translation>得分低于此值的对象会被略去。</translation>
  </message>
  <message>
   <source>Objects in several parts</source>
   <translation>由多个部分组成的物体</translation>
  </message>
  <message>
   <source>Objects of the selected classes grow together into one region, as stuff does.</source>
   <translation>所选类别的对象合并成一个区域，如同不可数类别。</translation>
  </message>
  <message>
   <source>Of an object in several parts the largest stays. In a map of classes, of each class: for organs, not for cars.</source>
   <translation>由多块组成的物体只保留最大的一块。语义图中按类别处理：适合器官，不适合汽车。</translation>
  </message>
  <message>
   <source>Of objects in several parts, only the largest part stays; the others become void.</source>
   <translation>对象分成几块时只保留最大的一块，其余设为未标注。</translation>
  </message>
  <message>
   <source>Of the disc.</source>
   <translation>圆盘的半径。</translation>
  </message>
  <message>
   <source>Of the widest details that go.</source>
   <translation>被去除细节的最大宽度。</translation>
  </message>
  <message>
   <source>Often memory ran out: close other programs. The log of the engine has the details.</source>
   <translation>通常是内存不足：请关闭其他程序。详情见引擎日志。</translation>
  </message>
  <message>
   <source>Often memory ran out: go on with smaller crops or fewer pictures at a time.</source>
   <translation>通常是内存不足：请用更小的裁块或更小的批量继续。</translation>
  </message>
  <message>
   <source>Often memory ran out: try a smaller model, or close other programs.</source>
   <translation>通常是内存不足：请换用较小的模型，或关闭其他程序。</translation>
  </message>
  <message>
   <source>Old</source>
   <translation>旧</translation>
  </message>
  <message>
   <source>On</source>
   <translation>对象</translation>
  </message>
  <message>
   <source>On label maps</source>
   <translation>看标签图</translation>
  </message>
  <message>
   <source>On patches with the picture (pix2pix)</source>
   <translation>连同图像逐块看（pix2pix）</translation>
  </message>
  <message>
   <source>On this system the application itself says which files it opens.</source>
   <translation>在此系统上，由应用程序本身声明它能打开哪些文件。</translation>
  </message>
  <message>
   <source>On {width} × {height} pixels</source>
   <translation>{width} × {height} 像素</translation>
  </message>
  <message>
   <source>One JSON file with every object as run lengths: holes and single pixels are exact.</source>
   <translation>一个 JSON 文件，每个对象用游程编码：孔洞和单个像素都精确保留。</translation>
  </message>
  <message>
   <source>One XML file with masks as run lengths; CVAT 2 and later import and edit them as they are.</source>
   <translation>一个 XML 文件，掩膜以游程编码保存；CVAT 2 及以上版本可原样导入和编辑。</translation>
  </message>
  <message>
   <source>One class alone can only be told from the ground, and so can things without stuff.</source>
   <translation>单独一个类别只能与背景区分，没有背景类别的对象也是如此。</translation>
  </message>
  <message>
   <source>One class name a line, in the order of their numbers.</source>
   <translation>每行一个类别名称，按编号顺序排列。</translation>
  </message>
  <message>
   <source>One look</source>
   <translation>看一次</translation>
  </message>
  <message>
   <source>One name a line</source>
   <translation>每行一个名称</translation>
  </message>
  <message>
   <source>One row for each object: area, box, centroid, perimeter, eccentricity, mean intensity.</source>
   <translation>每个对象一行：面积、边框、质心、周长、离心率、平均亮度。</translation>
  </message>
  <message>
   <source>Only a model with all its weights knows something to remember.</source>
   <translation>只有带全部权重的模型才有可保留的内容。</translation>
  </message>
  <message>
   <source>Only a single key can be held.</source>
   <translation>只有单个按键可以按住。</translation>
  </message>
  <message>
   <source>Only labels of a picture of the same size can be taken.</source>
   <translation>只能取用同样大小图片的标注。</translation>
  </message>
  <message>
   <source>Only objects of a countable class can be cut in parts.</source>
   <translation>只有可数类别的对象才能切分。</translation>
  </message>
  <message>
   <source>Only places without a label are marked.</source>
   <translation>只涂画了无标签的地方。</translation>
  </message>
  <message>
   <source>Only the class of each pixel is written, not which pixels are one object, and no scores.</source>
   <translation>只写入每个像素的类别，不写入哪些像素属于同一物体，也不写入得分。</translation>
  </message>
  <message>
   <source>Only this class</source>
   <translation>仅显示此类别</translation>
  </message>
  <message>
   <source>Only verified pictures</source>
   <translation>仅已确认的图片</translation>
  </message>
  <message>
   <source>Only where there is no label yet</source>
   <translation>仅限尚无标注处</translation>
  </message>
  <message>
   <source>Only {name}</source>
   <translation>仅 {name}</translation>
  </message>
  <message>
   <source>Only {name} is marked: a model needs something to tell it from.</source>
   <translation>只涂画了 {name}：模型需要有可以与之区分的东西。</translation>
  </message>
  <message>
   <source>Opacity</source>
   <translation>不透明度</translation>
  </message>
  <message>
   <source>Open</source>
   <translation>打开</translation>
  </message>
  <message>
   <source>Open a backup copy of it, if there is one.</source>
   <translation>如果有备份副本，请打开它。</translation>
  </message>
  <message>
   <source>Open a folder of pictures or a project first.</source>
   <translation>请先打开图片文件夹或项目。</translation>
  </message>
  <message>
   <source>Open a folder or a project first.</source>
   <translation>请先打开文件夹或项目。</translation>
  </message>
  <message>
   <source>Open a picture first.</source>
   <translation>请先打开一张图片。</translation>
  </message>
  <message>
   <source>Open a picture to compare models on it.</source>
   <translation>打开一张图片即可在其上比较模型。</translation>
  </message>
  <message>
   <source>Open a picture to see the model on it.</source>
   <translation>打开一张图片即可查看模型的效果。</translation>
  </message>
  <message>
   <source>Open a picture to see what the model makes of it.</source>
   <translation>打开一张图片以查看模型的结果。</translation>
  </message>
  <message>
   <source>Open folder</source>
   <translation>打开文件夹</translation>
  </message>
  <message>
   <source>Open folder…</source>
   <translation>打开文件夹…</translation>
  </message>
  <message>
   <source>Open for reading only</source>
   <translation>以只读方式打开</translation>
  </message>
  <message>
   <source>Open it again with segdesk.open.</source>
   <translation>用 segdesk.open 重新打开。</translation>
  </message>
  <message>
   <source>Open it again.</source>
   <translation>请重新打开。</translation>
  </message>
  <message>
   <source>Open it, or choose another name.</source>
   <translation>请打开它，或换一个名称。</translation>
  </message>
  <message>
   <source>Open project</source>
   <translation>打开项目</translation>
  </message>
  <message>
   <source>Open project…</source>
   <translation>打开项目…</translation>
  </message>
  <message>
   <source>Open recent</source>
   <translation>最近打开</translation>
  </message>
  <message>
   <source>Open the backup of {time}</source>
   <translation>打开 {time} 的备份</translation>
  </message>
  <message>
   <source>Open the class manager again and repeat your changes.</source>
   <translation>请重新打开类别管理器，再做一次修改。</translation>
  </message>
  <message>
   <source>Open the folder</source>
   <translation>打开文件夹</translation>
  </message>
  <message>
   <source>Open the log folder</source>
   <translation>打开日志文件夹</translation>
  </message>
  <message>
   <source>Open the page when it is done</source>
   <translation>完成后打开页面</translation>
  </message>
  <message>
   <source>Open {name}</source>
   <translation>打开 {name}</translation>
  </message>
  <message>
   <source>Opening</source>
   <translation>正在打开</translation>
  </message>
  <message>
   <source>Opening the backup copy</source>
   <translation>正在打开备份副本</translation>
  </message>
  <message>
   <source>Opening the picture</source>
   <translation>正在打开图片</translation>
  </message>
  <message>
   <source>Operations</source>
   <translation>操作</translation>
  </message>
  <message>
   <source>Optimiser</source>
   <translation>优化器</translation>
  </message>
  <message>
   <source>Or a data set: segdesk train --data PATH --format F.</source>
   <translation>或数据集：segdesk train --data PATH --format F。</translation>
  </message>
  <message>
   <source>Or drop a folder, a picture or a project anywhere on this window.</source>
   <translation>也可以把文件夹、图片或项目拖放到窗口任意位置。</translation>
  </message>
  <message>
   <source>Order of the models</source>
   <translation>模型的顺序</translation>
  </message>
  <message>
   <source>Order of the pictures</source>
   <translation>图片顺序</translation>
  </message>
  <message>
   <source>Order: {order}</source>
   <translation>排序：{order}</translation>
  </message>
  <message>
   <source>Other classes faintly</source>
   <translation>淡显其他类别</translation>
  </message>
  <message>
   <source>Outline objects, each by itself, or choose a model that tells classes apart only.</source>
   <translation>请逐个勾画对象，或选择只区分类别的模型。</translation>
  </message>
  <message>
   <source>Outlines</source>
   <translation>轮廓</translation>
  </message>
  <message>
   <source>Output stride</source>
   <translation>输出步幅</translation>
  </message>
  <message>
   <source>Over stuff</source>
   <translation>覆盖背景</translation>
  </message>
  <message>
   <source>Over: {name}</source>
   <translation>覆盖：{name}</translation>
  </message>
  <message>
   <source>Overlap</source>
   <translation>重叠</translation>
  </message>
  <message>
   <source>Overlays</source>
   <translation>叠加图</translation>
  </message>
  <message>
   <source>Overview map</source>
   <translation>缩略导航图</translation>
  </message>
  <message>
   <source>PNG</source>
   <translation>PNG</translation>
  </message>
  <message>
   <source>PNGs of labels, train ids and objects, and polygons, with the classes of Cityscapes only.</source>
   <translation>标签、训练编号和物体的 PNG 以及多边形，只含 Cityscapes 的类别。</translation>
  </message>
  <message>
   <source>Package</source>
   <translation>软件包</translation>
  </message>
  <message>
   <source>Packages and their licences</source>
   <translation>软件包及其许可证</translation>
  </message>
  <message>
   <source>Packages with plug-ins</source>
   <translation>带插件的软件包</translation>
  </message>
  <message>
   <source>Pages (*.html)</source>
   <translation>网页 (*.html)</translation>
  </message>
  <message>
   <source>Paint a longer stroke of it.</source>
   <translation>请为它涂画更长的一笔。</translation>
  </message>
  <message>
   <source>Paint a stroke of a class, too.</source>
   <translation>请再为某个类别涂画一笔。</translation>
  </message>
  <message>
   <source>Paint a stroke of another class, or of “No label”.</source>
   <translation>请再涂画另一个类别，或“无标签”。</translation>
  </message>
  <message>
   <source>Paint a stroke of each class on a picture.</source>
   <translation>请在图片上为每个类别涂画一笔。</translation>
  </message>
  <message>
   <source>Paint a stroke of each class on the picture.</source>
   <translation>请在图片上为每个类别涂画一笔。</translation>
  </message>
  <message>
   <source>Paint again in a moment; the row of that change says how far it is.</source>
   <translation>请稍后再画；该更改所在的一行会显示进度。</translation>
  </message>
  <message>
   <source>Paint first; or drag the tool Snap over borders, or choose Snap to edges in the menu Labels.</source>
   <translation>请先绘制；或用“吸附”工具在边界上拖动，或在“标注”菜单中选择“吸附到边缘”。</translation>
  </message>
  <message>
   <source>Paint labels again; the strokes are kept</source>
   <translation>重新绘制标注；涂画会保留</translation>
  </message>
  <message>
   <source>Paint only over</source>
   <translation>只在此类上绘制</translation>
  </message>
  <message>
   <source>Paint only over the class under the pointer</source>
   <translation>只在光标下的类别上绘制</translation>
  </message>
  <message>
   <source>Paint only over {name}</source>
   <translation>只在“{name}”上绘制</translation>
  </message>
  <message>
   <source>Paint over a border that is to follow the picture's edges.</source>
   <translation>请在要贴合图片边缘的边界上涂抹。</translation>
  </message>
  <message>
   <source>Paint over borders that were drawn roughly: when you let go, the labels there snap to the edges of the picture. Nothing else changes; Escape stops it.</source>
   <translation>在粗略绘制的边界上涂抹：松开后，那里的标注会吸附到图片的边缘。其他内容不变；按 Esc 停止。</translation>
  </message>
  <message>
   <source>Paint over everything again</source>
   <translation>恢复为可覆盖全部</translation>
  </message>
  <message>
   <source>Paint small areas that keep to the edges of the picture; the size is on the screen, so zoom in for finer ones. Right button or Ctrl makes them void; Shift protects other labels.</source>
   <translation>绘制贴合图片边缘的小块；大小按屏幕计，放大视图可得到更细的小块。按右键或 Ctrl 设为未标注；按住 Shift 可保护其他标注。</translation>
  </message>
  <message>
   <source>Paint the active class. Right button or Ctrl erases; Shift protects other labels, and Shift+click draws a straight line from the last stroke's end.</source>
   <translation>绘制当前类别。按右键或 Ctrl 擦除；按住 Shift 保护其他标注，按住 Shift 单击则从上一笔的终点画直线。</translation>
  </message>
  <message>
   <source>Paint void / class</source>
   <translation>绘制未标注／类别</translation>
  </message>
  <message>
   <source>Paint with the left button, erase with the right one. The keys 1 to 9 choose the class, the wheel zooms, and {undo} takes back as much as you like.</source>
   <translation>左键涂抹，右键擦除。数字键 1 到 9 选择类别，滚轮缩放，{undo} 可以一直撤销。</translation>
  </message>
  <message>
   <source>Paint with {name}</source>
   <translation>用 {name} 绘制</translation>
  </message>
  <message>
   <source>Painting changes: {name}</source>
   <translation>绘制会改变：{name}</translation>
  </message>
  <message>
   <source>Pan</source>
   <translation>平移</translation>
  </message>
  <message>
   <source>Pan by dragging</source>
   <translation>拖动平移</translation>
  </message>
  <message>
   <source>Pan while held</source>
   <translation>按住时平移</translation>
  </message>
  <message>
   <source>Panel</source>
   <translation>面板</translation>
  </message>
  <message>
   <source>Panels</source>
   <translation>面板</translation>
  </message>
  <message>
   <source>Paper</source>
   <translation>论文</translation>
  </message>
  <message>
   <source>Parameters</source>
   <translation>参数</translation>
  </message>
  <message>
   <source>Parquet files with pictures and label maps inside, as load_dataset reads them.</source>
   <translation>内含图片和标签图的 Parquet 文件，可由 load_dataset 读取。</translation>
  </message>
  <message>
   <source>Part of this picture's labels was damaged in the project file; check them.</source>
   <translation>此图片的部分标注在项目文件中已损坏；请检查。</translation>
  </message>
  <message>
   <source>Parts of objects under some pixels go to the label that surrounds them, or become void.</source>
   <translation>对象中小于若干像素的碎块归入包围它的标注，或设为未标注。</translation>
  </message>
  <message>
   <source>Parts that have at least this share of the largest one stay too; 1 keeps one part.</source>
   <translation>面积达到最大块此比例的部分也保留；1 表示只留一块。</translation>
  </message>
  <message>
   <source>Pascal VOC</source>
   <translation>Pascal VOC</translation>
  </message>
  <message>
   <source>Pause</source>
   <translation>暂停</translation>
  </message>
  <message>
   <source>Pause or go on</source>
   <translation>暂停或继续</translation>
  </message>
  <message>
   <source>Pen pressure</source>
   <translation>笔压</translation>
  </message>
  <message>
   <source>Photographs</source>
   <translation>照片</translation>
  </message>
  <message>
   <source>Pick</source>
   <translation>拾取</translation>
  </message>
  <message>
   <source>Pick one with Alt+click.</source>
   <translation>按住 Alt 单击可选取一个。</translation>
  </message>
  <message>
   <source>Pick the class under the cursor</source>
   <translation>拾取光标下的类别</translation>
  </message>
  <message>
   <source>Picture</source>
   <translation>图片</translation>
  </message>
  <message>
   <source>Picture size</source>
   <translation>图片大小</translation>
  </message>
  <message>
   <source>Pictures</source>
   <translation>图片</translation>
  </message>
  <message>
   <source>Pictures in whose path this regular expression finds the same text stay together.</source>
   <translation>路径中此正则表达式匹配到相同文字的图片归在一起。</translation>
  </message>
  <message>
   <source>Pictures of one folder stay on one side.</source>
   <translation>同一文件夹的图片归在同一侧。</translation>
  </message>
  <message>
   <source>Pictures of the run</source>
   <translation>运行的图片</translation>
  </message>
  <message>
   <source>Pictures read ahead</source>
   <translation>预读图片</translation>
  </message>
  <message>
   <source>Pictures that are done already change when the model is run on them again.</source>
   <translation>已处理的图片在再次运行模型后才会改变。</translation>
  </message>
  <message>
   <source>Pictures that are verified or labelled by hand stay as they are</source>
   <translation>已确认或手工标注的图片保持不变</translation>
  </message>
  <message>
   <source>Pictures that judge and are never learned from</source>
   <translation>只用于评判、从不学习的图片</translation>
  </message>
  <message>
   <source>Pixel accuracy</source>
   <translation>像素准确率</translation>
  </message>
  <message>
   <source>Pixels</source>
   <translation>像素</translation>
  </message>
  <message>
   <source>Pixels below this probability become void.</source>
   <translation>概率低于此值的像素设为未标注。</translation>
  </message>
  <message>
   <source>Pixels below this probability become void; of a model of objects, objects below this score are left out.</source>
   <translation>低于此概率的像素变为空白；对物体模型，舍去得分更低的物体。</translation>
  </message>
  <message>
   <source>Pixels without a label are written as number 0, background.</source>
   <translation>未标注的像素写为编号 0，即背景。</translation>
  </message>
  <message>
   <source>Pixels: {pixels}. Segments: {segments}.</source>
   <translation>像素：{pixels}。区域：{segments}。</translation>
  </message>
  <message>
   <source>Place {number} of {total}: {pixels} px</source>
   <translation>第 {number} 处，共 {total} 处：{pixels} 像素</translation>
  </message>
  <message>
   <source>Plug-ins</source>
   <translation>插件</translation>
  </message>
  <message>
   <source>Plug-ins…</source>
   <translation>插件…</translation>
  </message>
  <message>
   <source>Points</source>
   <translation>点云</translation>
  </message>
  <message>
   <source>Polygon</source>
   <translation>多边形</translation>
  </message>
  <message>
   <source>Polygons with holes along the edges of pixels, one file for each picture; QuPath reads them.</source>
   <translation>沿像素边缘、可带孔的多边形，每张图片一个文件；QuPath 可读取。</translation>
  </message>
  <message>
   <source>Polynomial</source>
   <translation>多项式</translation>
  </message>
  <message>
   <source>Precision</source>
   <translation>精确率</translation>
  </message>
  <message>
   <source>Predicted</source>
   <translation>已预测</translation>
  </message>
  <message>
   <source>Prediction</source>
   <translation>预测</translation>
  </message>
  <message>
   <source>Prediction: the model's last answer</source>
   <translation>预测：模型最近一次的结果</translation>
  </message>
  <message>
   <source>Preferences</source>
   <translation>首选项</translation>
  </message>
  <message>
   <source>Preferences…</source>
   <translation>首选项…</translation>
  </message>
  <message>
   <source>Preparing the sample project</source>
   <translation>正在准备示例项目</translation>
  </message>
  <message>
   <source>Preparing the training</source>
   <translation>正在准备训练</translation>
  </message>
  <message>
   <source>Press a cell of the matrix to see its pictures.</source>
   <translation>点击矩阵中的单元格可查看对应图片。</translation>
  </message>
  <message>
   <source>Press new keys…</source>
   <translation>录入新快捷键…</translation>
  </message>
  <message>
   <source>Press the keys now…</source>
   <translation>请按下快捷键…</translation>
  </message>
  <message>
   <source>Preview</source>
   <translation>预览</translation>
  </message>
  <message>
   <source>Preview all that are ready</source>
   <translation>预览所有可用的模型</translation>
  </message>
  <message>
   <source>Preview when a card is chosen</source>
   <translation>选中卡片时预览</translation>
  </message>
  <message>
   <source>Previewing the model</source>
   <translation>正在预览模型</translation>
  </message>
  <message>
   <source>Previous answer of the tool Clicks</source>
   <translation>点选工具的上一个结果</translation>
  </message>
  <message>
   <source>Previous doubtful place</source>
   <translation>上一个可疑位置</translation>
  </message>
  <message>
   <source>Previous not verified</source>
   <translation>上一张未确认</translation>
  </message>
  <message>
   <source>Previous part of the window</source>
   <translation>窗口的上一部分</translation>
  </message>
  <message>
   <source>Previous picture</source>
   <translation>上一张图片</translation>
  </message>
  <message>
   <source>Previous place</source>
   <translation>上一处</translation>
  </message>
  <message>
   <source>Progress</source>
   <translation>进度</translation>
  </message>
  <message>
   <source>Progress of the run</source>
   <translation>运行进度</translation>
  </message>
  <message>
   <source>Projects that you open appear here with their progress. The sample project is a good start.</source>
   <translation>打开过的项目会连同进度显示在这里。建议从示例项目开始。</translation>
  </message>
  <message>
   <source>Protect</source>
   <translation>保护</translation>
  </message>
  <message>
   <source>Protect other classes</source>
   <translation>保护其他类别</translation>
  </message>
  <message>
   <source>Put pictures into it and open it again, or open another folder with Ctrl+O.</source>
   <translation>请放入图片后重新打开，或按 Ctrl+O 打开其他文件夹。</translation>
  </message>
  <message>
   <source>Put pictures into it and open it again.</source>
   <translation>放入图片后重新打开。</translation>
  </message>
  <message>
   <source>Put the card of that model into the same folder.</source>
   <translation>请把那个模型的模型卡放到同一文件夹。</translation>
  </message>
  <message>
   <source>Put the old picture back, or clear its strokes.</source>
   <translation>请放回原来的图片，或清除它的涂画。</translation>
  </message>
  <message>
   <source>Put the old picture back, or remove its labels by importing new ones.</source>
   <translation>请放回原图片，或导入新标注以替换旧标注。</translation>
  </message>
  <message>
   <source>Put the pointer on that class and press the key, or choose it in the row of the tool.</source>
   <translation>请把光标移到该类别上再按键，或在工具行中选择。</translation>
  </message>
  <message>
   <source>Put them where all nodes find them under this path.</source>
   <translation>请把它们放到所有节点都能以此路径访问的位置。</translation>
  </message>
  <message>
   <source>Python packages</source>
   <translation>Python 软件包</translation>
  </message>
  <message>
   <source>Quality report</source>
   <translation>质量报告</translation>
  </message>
  <message>
   <source>Quality report…</source>
   <translation>质量报告…</translation>
  </message>
  <message>
   <source>Queue a model on all pictures or on some of them</source>
   <translation>将模型排队运行于所有或部分图片</translation>
  </message>
  <message>
   <source>Quit</source>
   <translation>退出</translation>
  </message>
  <message>
   <source>Radius</source>
   <translation>半径</translation>
  </message>
  <message>
   <source>Rare classes count more</source>
   <translation>稀有类别权重更大</translation>
  </message>
  <message>
   <source>Rate over time</source>
   <translation>学习率变化</translation>
  </message>
  <message>
   <source>Reach</source>
   <translation>范围</translation>
  </message>
  <message>
   <source>Read back by {readers}: 0 pixels differ.</source>
   <translation>已由 {readers} 读回：0 个像素不同。</translation>
  </message>
  <message>
   <source>Read back by {readers}: {lost}.</source>
   <translation>已由 {readers} 读回：{lost}。</translation>
  </message>
  <message>
   <source>Reading labels</source>
   <translation>正在读取标注</translation>
  </message>
  <message>
   <source>Reading speeds</source>
   <translation>正在读取速度</translation>
  </message>
  <message>
   <source>Reading the model</source>
   <translation>正在读取模型</translation>
  </message>
  <message>
   <source>Reading the queue</source>
   <translation>正在读取队列</translation>
  </message>
  <message>
   <source>Reading the reference</source>
   <translation>正在读取参考</translation>
  </message>
  <message>
   <source>Reading the strokes</source>
   <translation>读取涂画</translation>
  </message>
  <message>
   <source>Reading the strokes…</source>
   <translation>正在读取涂画…</translation>
  </message>
  <message>
   <source>Ready first</source>
   <translation>可用的在前</translation>
  </message>
  <message>
   <source>Ready here</source>
   <translation>本机可用</translation>
  </message>
  <message>
   <source>Recent projects</source>
   <translation>最近的项目</translation>
  </message>
  <message>
   <source>Recover what is readable</source>
   <translation>恢复可读取的内容</translation>
  </message>
  <message>
   <source>Recover what is readable, and go on in the recovered copy.</source>
   <translation>恢复可读取的内容，并在恢复的副本中继续工作。</translation>
  </message>
  <message>
   <source>Recovered project</source>
   <translation>已恢复的项目</translation>
  </message>
  <message>
   <source>Recovering the project</source>
   <translation>正在恢复项目</translation>
  </message>
  <message>
   <source>Rectangle</source>
   <translation>矩形</translation>
  </message>
  <message>
   <source>Redo</source>
   <translation>重做</translation>
  </message>
  <message>
   <source>Reference</source>
   <translation>参考</translation>
  </message>
  <message>
   <source>Reference: imported ground truth</source>
   <translation>参考：导入的真值</translation>
  </message>
  <message>
   <source>Refinements</source>
   <translation>后处理</translation>
  </message>
  <message>
   <source>Refinements ({count})</source>
   <translation>后处理（{count}）</translation>
  </message>
  <message>
   <source>Refinements…</source>
   <translation>后处理…</translation>
  </message>
  <message>
   <source>Regions follow the edges of the picture already.</source>
   <translation>区域本来就贴合图像边缘。</translation>
  </message>
  <message>
   <source>Regions follow the edges of the picture already: the CRF was left out.</source>
   <translation>区域已沿图片边缘划分：未使用 CRF。</translation>
  </message>
  <message>
   <source>Regions follow the edges of the picture already: there is nothing for the CRF to do.</source>
   <translation>区域已经贴合图片的边缘：CRF 无需处理。</translation>
  </message>
  <message>
   <source>Relabel</source>
   <translation>改类别</translation>
  </message>
  <message>
   <source>Remember what the model knows</source>
   <translation>保留模型已学会的内容</translation>
  </message>
  <message>
   <source>Remove</source>
   <translation>移除</translation>
  </message>
  <message>
   <source>Remove from the list</source>
   <translation>从列表中移除</translation>
  </message>
  <message>
   <source>Remove islands</source>
   <translation>去除小岛</translation>
  </message>
  <message>
   <source>Remove these points, and try again.</source>
   <translation>请删除这些点后重试。</translation>
  </message>
  <message>
   <source>Rename</source>
   <translation>重命名</translation>
  </message>
  <message>
   <source>Rename classes to those of the data set, or choose a format that takes any class.</source>
   <translation>请将类别改名为该数据集的类别，或选择接受任意类别的格式。</translation>
  </message>
  <message>
   <source>Rename the class</source>
   <translation>重命名类别</translation>
  </message>
  <message>
   <source>Rename the class  (F2)</source>
   <translation>重命名类别  (F2)</translation>
  </message>
  <message>
   <source>Rename the file.</source>
   <translation>请重命名该文件。</translation>
  </message>
  <message>
   <source>Replace the labels; you can undo it</source>
   <translation>替换标注；可以撤销</translation>
  </message>
  <message>
   <source>Reset all</source>
   <translation>全部重置</translation>
  </message>
  <message>
   <source>Reset layout</source>
   <translation>恢复默认布局</translation>
  </message>
  <message>
   <source>Reset the parameters of the CRF.</source>
   <translation>请重置 CRF 参数。</translation>
  </message>
  <message>
   <source>Reset this one</source>
   <translation>重置此项</translation>
  </message>
  <message>
   <source>Retry failed</source>
   <translation>重试失败的</translation>
  </message>
  <message>
   <source>Right click, or Ctrl+right click with a tool that paints</source>
   <translation>右键单击；使用绘制工具时为 Ctrl+右键单击</translation>
  </message>
  <message>
   <source>Right: {right}, judged as: {judged}: {count} pixels, {share} % of the row</source>
   <translation>参考：{right}，被判为：{judged}：{count} 像素，占该行 {share} %</translation>
  </message>
  <message>
   <source>Rounds of mean-field inference.</source>
   <translation>平均场推断的轮数。</translation>
  </message>
  <message>
   <source>Rows first: (H, W).</source>
   <translation>行在前：(H, W)。</translation>
  </message>
  <message>
   <source>Rows for</source>
   <translation>行的内容</translation>
  </message>
  <message>
   <source>Run a model</source>
   <translation>运行模型</translation>
  </message>
  <message>
   <source>Run a model first.</source>
   <translation>请先运行模型。</translation>
  </message>
  <message>
   <source>Run a model on the picture again, or open a backup copy of the project.</source>
   <translation>请对这张图片重新运行模型，或打开项目的备份。</translation>
  </message>
  <message>
   <source>Run a model, or paint one with the brush.</source>
   <translation>运行模型，或用画笔涂抹。</translation>
  </message>
  <message>
   <source>Run every listed model that is ready on a copy of the open picture</source>
   <translation>在打开图片的副本上运行列出的每个可用模型</translation>
  </message>
  <message>
   <source>Run here</source>
   <translation>处理本张</translation>
  </message>
  <message>
   <source>Run it again on the processor, or without the CRF.</source>
   <translation>请在处理器上重新运行，或不使用 CRF。</translation>
  </message>
  <message>
   <source>Run it on a reduced copy of the open picture</source>
   <translation>在打开图片的缩小副本上运行</translation>
  </message>
  <message>
   <source>Run on all</source>
   <translation>处理全部</translation>
  </message>
  <message>
   <source>Run the model again.</source>
   <translation>请重新运行模型。</translation>
  </message>
  <message>
   <source>Run the model on all pictures that are not verified</source>
   <translation>对所有未核验的图片运行模型</translation>
  </message>
  <message>
   <source>Run the program</source>
   <translation>运行程序</translation>
  </message>
  <message>
   <source>Run the same model on the pictures that failed once more</source>
   <translation>用同一模型再次运行失败的图片</translation>
  </message>
  <message>
   <source>Run with --ray.</source>
   <translation>请加上 --ray 运行。</translation>
  </message>
  <message>
   <source>Running</source>
   <translation>运行中</translation>
  </message>
  <message>
   <source>Running here</source>
   <translation>正在处理本张</translation>
  </message>
  <message>
   <source>Running on a copy of the open picture…</source>
   <translation>正在打开图片的副本上运行…</translation>
  </message>
  <message>
   <source>Running on all</source>
   <translation>正在处理全部</translation>
  </message>
  <message>
   <source>Running on all pictures</source>
   <translation>正在处理所有图片</translation>
  </message>
  <message>
   <source>Running on the cluster</source>
   <translation>正在集群上运行</translation>
  </message>
  <message>
   <source>Running the model</source>
   <translation>正在运行模型</translation>
  </message>
  <message>
   <source>Runs</source>
   <translation>运行</translation>
  </message>
  <message>
   <source>SGD with momentum</source>
   <translation>带动量的 SGD</translation>
  </message>
  <message>
   <source>Sample project</source>
   <translation>示例项目</translation>
  </message>
  <message>
   <source>Samples</source>
   <translation>样本数</translation>
  </message>
  <message>
   <source>Save a copy elsewhere</source>
   <translation>在别处保存副本</translation>
  </message>
  <message>
   <source>Save a copy elsewhere…</source>
   <translation>在别处保存副本…</translation>
  </message>
  <message>
   <source>Save as a page</source>
   <translation>另存为网页</translation>
  </message>
  <message>
   <source>Save as a page…</source>
   <translation>另存为网页…</translation>
  </message>
  <message>
   <source>Save everything in another place and go on working there</source>
   <translation>把全部内容保存到另一个位置，并在那里继续工作</translation>
  </message>
  <message>
   <source>Save it again in labelme.</source>
   <translation>请在 labelme 中重新保存。</translation>
  </message>
  <message>
   <source>Save it again with NumPy.</source>
   <translation>请用 NumPy 重新保存。</translation>
  </message>
  <message>
   <source>Save it as UTF-8.</source>
   <translation>请另存为 UTF-8 编码。</translation>
  </message>
  <message>
   <source>Save labels as palette or grey PNG.</source>
   <translation>请把标注保存为调色板或灰度 PNG。</translation>
  </message>
  <message>
   <source>Save now</source>
   <translation>立即保存</translation>
  </message>
  <message>
   <source>Saved as {name}.</source>
   <translation>已保存为 {name}。</translation>
  </message>
  <message>
   <source>Saved as {name}; you go on working in it.</source>
   <translation>已保存为 {name}；之后的工作在其中继续。</translation>
  </message>
  <message>
   <source>Saving a copy</source>
   <translation>正在保存副本</translation>
  </message>
  <message>
   <source>Saving your work before closing…</source>
   <translation>正在保存您的工作，随后关闭…</translation>
  </message>
  <message>
   <source>Saving…</source>
   <translation>正在保存…</translation>
  </message>
  <message>
   <source>Scissors</source>
   <translation>智能剪刀</translation>
  </message>
  <message>
   <source>Score</source>
   <translation>得分</translation>
  </message>
  <message>
   <source>Scores are not part of this format.</source>
   <translation>该格式不含得分。</translation>
  </message>
  <message>
   <source>Scores lie on the corners of the picture (align_corners)</source>
   <translation>得分图与图片角点对齐（align_corners）</translation>
  </message>
  <message>
   <source>Scores on the hold-out</source>
   <translation>留出集上的得分</translation>
  </message>
  <message>
   <source>Search classes</source>
   <translation>搜索类别</translation>
  </message>
  <message>
   <source>Search for a model</source>
   <translation>搜索模型</translation>
  </message>
  <message>
   <source>Search for another name or class, or show all.</source>
   <translation>换一个名称或类别查找，或显示全部。</translation>
  </message>
  <message>
   <source>Search: system, data set, encoder, class …</source>
   <translation>搜索：方法、数据集、编码器、类别……</translation>
  </message>
  <message>
   <source>Searching</source>
   <translation>正在搜索</translation>
  </message>
  <message>
   <source>See `Segmentation`.</source>
   <translation>见 `Segmentation`。</translation>
  </message>
  <message>
   <source>See it beside another model on the open picture</source>
   <translation>在打开的图片上与另一个模型并排查看</translation>
  </message>
  <message>
   <source>See their logs on the cluster; SegDesk with the same version must be installed on every node.</source>
   <translation>请查看集群上的日志；每个节点都必须安装相同版本的 SegDesk。</translation>
  </message>
  <message>
   <source>See: segdesk train --runs</source>
   <translation>请查看：segdesk train --runs</translation>
  </message>
  <message>
   <source>Seed</source>
   <translation>种子</translation>
  </message>
  <message>
   <source>SegDesk</source>
   <translation>SegDesk</translation>
  </message>
  <message>
   <source>SegDesk did not get through loading it the last time.</source>
   <translation>SegDesk 上次没能完成它的加载。</translation>
  </message>
  <message>
   <source>SegDesk looks for model cards and weights files in these folders too. On a machine without network, copy the weights files here; new downloads and located files go into the first folder.</source>
   <translation>SegDesk 也会在这些文件夹中查找模型卡和权重文件。没有网络的机器，请把权重文件复制到这里；新下载和定位的文件会放入第一个文件夹。</translation>
  </message>
  <message>
   <source>SegDesk opens JPEG, PNG, TIFF, BMP and WebP files, also in subfolders.</source>
   <translation>SegDesk 可打开 JPEG、PNG、TIFF、BMP 和 WebP 文件，包括子文件夹中的。</translation>
  </message>
  <message>
   <source>SegDesk projects (*.segdesk)</source>
   <translation>SegDesk 项目 (*.segdesk)</translation>
  </message>
  <message>
   <source>SegDesk reads JPEG, PNG, TIFF, BMP and WebP.</source>
   <translation>SegDesk 可读取 JPEG、PNG、TIFF、BMP 和 WebP。</translation>
  </message>
  <message>
   <source>SegDesk's</source>
   <translation>SegDesk 设置</translation>
  </message>
  <message>
   <source>Segment a folder of pictures, correct the masks, export them and prove their quality.</source>
   <translation>批量分割文件夹中的图片，修正掩码，导出标注，并用数据证明质量。</translation>
  </message>
  <message>
   <source>Segment by clicks</source>
   <translation>点选分割</translation>
  </message>
  <message>
   <source>Segment numbers are stored as RGB in a PNG file.</source>
   <translation>区段编号以 RGB 存于 PNG 文件中。</translation>
  </message>
  <message>
   <source>Select a class first.</source>
   <translation>请先选择一个类别。</translation>
  </message>
  <message>
   <source>Select an object first.</source>
   <translation>请先选择一个对象。</translation>
  </message>
  <message>
   <source>Select an object, or a class that has pixels.</source>
   <translation>请选择一个对象，或一个有像素的类别。</translation>
  </message>
  <message>
   <source>Select this area</source>
   <translation>选中此区域</translation>
  </message>
  <message>
   <source>Select this object</source>
   <translation>选中此对象</translation>
  </message>
  <message>
   <source>Set all of them in the object to be split.</source>
   <translation>请把种子点都放在要拆分的对象中。</translation>
  </message>
  <message>
   <source>Settings</source>
   <translation>设置</translation>
  </message>
  <message>
   <source>Settings of the CRF that were published, and SegDesk's.</source>
   <translation>已发表的 CRF 设置以及 SegDesk 自己的设置。</translation>
  </message>
  <message>
   <source>Several</source>
   <translation>多个</translation>
  </message>
  <message>
   <source>Shape</source>
   <translation>形状</translation>
  </message>
  <message>
   <source>Shapes as</source>
   <translation>形状存为</translation>
  </message>
  <message>
   <source>Shapes may change by a few pixels: how many is said after the export.</source>
   <translation>形状可能改变几个像素：导出后会说明数量。</translation>
  </message>
  <message>
   <source>Shorter side 512</source>
   <translation>短边 512</translation>
  </message>
  <message>
   <source>Show all pictures</source>
   <translation>显示全部图片</translation>
  </message>
  <message>
   <source>Show by state</source>
   <translation>按状态显示</translation>
  </message>
  <message>
   <source>Show its folder</source>
   <translation>打开所在文件夹</translation>
  </message>
  <message>
   <source>Show only {name}</source>
   <translation>只显示 {name}</translation>
  </message>
  <message>
   <source>Show the batch page</source>
   <translation>显示批处理页</translation>
  </message>
  <message>
   <source>Show the model's answer while held</source>
   <translation>按住时显示模型的结果</translation>
  </message>
  <message>
   <source>Show the picture as it is</source>
   <translation>按原样显示图像</translation>
  </message>
  <message>
   <source>Show the strokes over what the model says</source>
   <translation>在模型结果之上显示涂画</translation>
  </message>
  <message>
   <source>Shrink</source>
   <translation>收缩</translation>
  </message>
  <message>
   <source>Side by side</source>
   <translation>并排</translation>
  </message>
  <message>
   <source>Single letters act while the picture has the focus: click it once.</source>
   <translation>单字母快捷键在画布获得焦点时有效：单击图片即可。</translation>
  </message>
  <message>
   <source>Size</source>
   <translation>大小</translation>
  </message>
  <message>
   <source>Size of letters</source>
   <translation>文字大小</translation>
  </message>
  <message>
   <source>Skip</source>
   <translation>跳过</translation>
  </message>
  <message>
   <source>Skip picture</source>
   <translation>跳过图片</translation>
  </message>
  <message>
   <source>Skipped</source>
   <translation>已跳过</translation>
  </message>
  <message>
   <source>Slider</source>
   <translation>滑块</translation>
  </message>
  <message>
   <source>Smaller brush</source>
   <translation>缩小画笔</translation>
  </message>
  <message>
   <source>Smaller objects are left out; smaller islands join their neighbour.</source>
   <translation>更小的对象会被略去；更小的碎块并入相邻区域。</translation>
  </message>
  <message>
   <source>Smooth</source>
   <translation>平滑</translation>
  </message>
  <message>
   <source>Smooth borders</source>
   <translation>平滑边界</translation>
  </message>
  <message>
   <source>Smooth the borders: bays and tongues narrower than some pixels go.</source>
   <translation>平滑边界：去掉窄于若干像素的凹凸。</translation>
  </message>
  <message>
   <source>Smoothing reach</source>
   <translation>平滑范围</translation>
  </message>
  <message>
   <source>Smoothing weight</source>
   <translation>平滑权重</translation>
  </message>
  <message>
   <source>Snap</source>
   <translation>吸附</translation>
  </message>
  <message>
   <source>Snap my strokes to edges</source>
   <translation>将我的笔画吸附到边缘</translation>
  </message>
  <message>
   <source>Snap to edges</source>
   <translation>吸附到边缘</translation>
  </message>
  <message>
   <source>Some pictures must judge, and some must be learned from.</source>
   <translation>须有图片用于评判，也须有图片用于学习。</translation>
  </message>
  <message>
   <source>Some settings were damaged and have their defaults again.</source>
   <translation>部分设置已损坏，已恢复为默认值。</translation>
  </message>
  <message>
   <source>Something unexpected went wrong: {reason}.</source>
   <translation>发生了意外错误：{reason}。</translation>
  </message>
  <message>
   <source>Something went wrong inside the program; your work is kept.</source>
   <translation>程序内部出错；您的工作已保留。</translation>
  </message>
  <message>
   <source>Sort by name</source>
   <translation>按名称排序</translation>
  </message>
  <message>
   <source>Sorting</source>
   <translation>正在排序</translation>
  </message>
  <message>
   <source>Speed here</source>
   <translation>本机速度</translation>
  </message>
  <message>
   <source>Split</source>
   <translation>拆分</translation>
  </message>
  <message>
   <source>Square</source>
   <translation>方形</translation>
  </message>
  <message>
   <source>Squeezed to 512 x 512</source>
   <translation>缩放为 512 x 512</translation>
  </message>
  <message>
   <source>Start</source>
   <translation>起点</translation>
  </message>
  <message>
   <source>Start one with: ray start --head, or leave the address away to work on this machine.</source>
   <translation>启动集群：ray start --head；或省略地址，在本机运行。</translation>
  </message>
  <message>
   <source>Start the program again.</source>
   <translation>请重新启动程序。</translation>
  </message>
  <message>
   <source>Starting the engine</source>
   <translation>正在启动引擎</translation>
  </message>
  <message>
   <source>Starting…</source>
   <translation>正在启动…</translation>
  </message>
  <message>
   <source>State</source>
   <translation>状态</translation>
  </message>
  <message>
   <source>Statistics (CSV)</source>
   <translation>统计（CSV）</translation>
  </message>
  <message>
   <source>Steps are judged against {known}.</source>
   <translation>步骤只能与 {known} 比较。</translation>
  </message>
  <message>
   <source>Stop</source>
   <translation>停止</translation>
  </message>
  <message>
   <source>Stop and compare</source>
   <translation>停止并比较</translation>
  </message>
  <message>
   <source>Strokes</source>
   <translation>涂画</translation>
  </message>
  <message>
   <source>Strong, for wide reach</source>
   <translation>强，作用范围广</translation>
  </message>
  <message>
   <source>Stuff too</source>
   <translation>含不可数类</translation>
  </message>
  <message>
   <source>Superpixels</source>
   <translation>超像素</translation>
  </message>
  <message>
   <source>Supervisely</source>
   <translation>Supervisely</translation>
  </message>
  <message>
   <source>Switch a plug-in on</source>
   <translation>开启插件</translation>
  </message>
  <message>
   <source>Switch on</source>
   <translation>开启</translation>
  </message>
  <message>
   <source>Switched off: {reason}</source>
   <translation>已关闭：{reason}</translation>
  </message>
  <message>
   <source>System</source>
   <translation>跟随系统</translation>
  </message>
  <message>
   <source>System information</source>
   <translation>系统信息</translation>
  </message>
  <message>
   <source>TIFF maps that lie where their pictures lie; without a georeference they are plain TIFF.</source>
   <translation>与图片位置一致的 TIFF 图；没有地理参考时为普通 TIFF。</translation>
  </message>
  <message>
   <source>Table (CSV)</source>
   <translation>表格 (CSV)</translation>
  </message>
  <message>
   <source>Take acceptance or skipping back</source>
   <translation>撤销确认或跳过</translation>
  </message>
  <message>
   <source>Take all strokes of this picture away; you can undo it</source>
   <translation>去掉这张图片的所有涂画；可以撤销</translation>
  </message>
  <message>
   <source>Take another one, such as Shift+Q, or change that key first.</source>
   <translation>换一个，例如 Shift+Q，或先修改那个按键。</translation>
  </message>
  <message>
   <source>Take back what is begun, let go of the object</source>
   <translation>撤回已开始的操作，取消选中对象</translation>
  </message>
  <message>
   <source>Take it from “{command}”</source>
   <translation>从“{command}”取来</translation>
  </message>
  <message>
   <source>Take over the previous picture's labels, everywhere or only where there is no label yet.</source>
   <translation>取用上一张图片的标注：整张，或仅限尚无标注处。</translation>
  </message>
  <message>
   <source>Take the class and the object under the pointer. Alt+click does it with any tool.</source>
   <translation>拾取指针下的类别和对象。任何工具下都可按 Alt 并单击。</translation>
  </message>
  <message>
   <source>Take the key {key} away</source>
   <translation>移除快捷键 {key}</translation>
  </message>
  <message>
   <source>Take the labels of this picture as strokes, where there are none yet</source>
   <translation>在还没有涂画的地方，把这张图片的标注作为涂画</translation>
  </message>
  <message>
   <source>Take the last change here back</source>
   <translation>撤销此处的上一步</translation>
  </message>
  <message>
   <source>Take the last point of a tool back</source>
   <translation>撤回工具的最后一个点</translation>
  </message>
  <message>
   <source>Take the model's answer here: drag around it</source>
   <translation>在此取模型结果：拖动圈出范围</translation>
  </message>
  <message>
   <source>Take {name} off the list; its files stay</source>
   <translation>从列表中移除 {name}，文件保留不动</translation>
  </message>
  <message>
   <source>Task</source>
   <translation>任务</translation>
  </message>
  <message>
   <source>Task {id} names no picture.</source>
   <translation>任务 {id} 没有指明图片。</translation>
  </message>
  <message>
   <source>Tasks with brush masks as run lengths; the pictures are named for local file storage.</source>
   <translation>带有画笔掩膜（游程编码）的任务；图片按本地文件存储命名。</translation>
  </message>
  <message>
   <source>Teach</source>
   <translation>教学</translation>
  </message>
  <message>
   <source>Teach by strokes</source>
   <translation>涂画教学</translation>
  </message>
  <message>
   <source>Teach it again.</source>
   <translation>请重新教一次。</translation>
  </message>
  <message>
   <source>Teach mode: strokes to learn from, not labels</source>
   <translation>教学模式：这里是供学习的涂画，不是标注</translation>
  </message>
  <message>
   <source>Text of the licence</source>
   <translation>许可证文本</translation>
  </message>
  <message>
   <source>The CRF needs at least one iteration.</source>
   <translation>CRF 至少需要迭代一次。</translation>
  </message>
  <message>
   <source>The CRF refined classes and objects on their own: the map is merged from them, not from the queries.</source>
   <translation>CRF 分别细化了类别与物体：结果图由它们合并而成，不再由查询决定。</translation>
  </message>
  <message>
   <source>The Parquet file of the list cannot be used: {reason}.</source>
   <translation>列表的 Parquet 文件无法使用：{reason}。</translation>
  </message>
  <message>
   <source>The active class</source>
   <translation>当前类别</translation>
  </message>
  <message>
   <source>The answer before it was refined</source>
   <translation>细化前的结果</translation>
  </message>
  <message>
   <source>The answer changes when the picture is mirrored.</source>
   <translation>图片镜像后结果会改变。</translation>
  </message>
  <message>
   <source>The answers of this model cannot be averaged: it looked once.</source>
   <translation>该模型的结果无法取平均：只看了一次。</translation>
  </message>
  <message>
   <source>The batch page lists them with their reasons.</source>
   <translation>批处理页列出了这些图片及其原因。</translation>
  </message>
  <message>
   <source>The boxes of {count} pictures were filled; their objects have no outlines.</source>
   <translation>{count} 张图片只有边框，已填满；其中的物体没有轮廓。</translation>
  </message>
  <message>
   <source>The card of {model} names an unknown layout of weights, {layout}.</source>
   <translation>{model} 的模型卡写有未知的权重布局 {layout}。</translation>
  </message>
  <message>
   <source>The card of {model} names {net}, which is no class of the transformers library that runs here.</source>
   <translation>{model} 的模型卡指定了 {net}，它不是可在此运行的 transformers 类。</translation>
  </message>
  <message>
   <source>The checkpoint of this training is of another version of the program.</source>
   <translation>此训练的检查点来自程序的另一版本。</translation>
  </message>
  <message>
   <source>The checkpoint {name} cannot be read.</source>
   <translation>无法读取检查点 {name}。</translation>
  </message>
  <message>
   <source>The class numbers of {name} are too large.</source>
   <translation>{name} 的类别编号过大。</translation>
  </message>
  <message>
   <source>The classes differ from the model's: its last layer is made anew.</source>
   <translation>类别与模型的不同：最后一层已重新建立。</translation>
  </message>
  <message>
   <source>The classes of the project have changed meanwhile: those of a model have joined them.</source>
   <translation>项目的类别在此期间变了：加入了模型的类别。</translation>
  </message>
  <message>
   <source>The dense CRF is not installed.</source>
   <translation>未安装稠密 CRF。</translation>
  </message>
  <message>
   <source>The device {device} is not available on this machine.</source>
   <translation>本机没有设备 {device}。</translation>
  </message>
  <message>
   <source>The disk did not accept {name}.</source>
   <translation>磁盘未接受 {name}。</translation>
  </message>
  <message>
   <source>The disk is full: the training cannot save where it is.</source>
   <translation>磁盘已满：训练无法保存进度。</translation>
  </message>
  <message>
   <source>The disk is full: {name} could not be saved.</source>
   <translation>磁盘已满：无法保存 {name}。</translation>
  </message>
  <message>
   <source>The disk is full: {name} could not be written.</source>
   <translation>磁盘已满：无法写入 {name}。</translation>
  </message>
  <message>
   <source>The encoder starts with the model's weights, all else from random numbers.</source>
   <translation>编码器使用模型的权重，其余从随机数开始。</translation>
  </message>
  <message>
   <source>The engine could not start: {reason}</source>
   <translation>引擎无法启动：{reason}</translation>
  </message>
  <message>
   <source>The engine did not start.</source>
   <translation>引擎没有启动。</translation>
  </message>
  <message>
   <source>The engine is starting…</source>
   <translation>引擎正在启动…</translation>
  </message>
  <message>
   <source>The engine stopped while it read {file}.</source>
   <translation>引擎在读取 {file} 时停止。</translation>
  </message>
  <message>
   <source>The engine stopped while it worked on this picture; it starts again with the next one.</source>
   <translation>引擎在处理这张图片时停止；处理下一张时会重新启动。</translation>
  </message>
  <message>
   <source>The export was read back and differs in {pixels} pixels of {pictures} pictures; it was not kept.</source>
   <translation>导出内容读回后有 {pictures} 张图片的 {pixels} 个像素不同，因此没有保留。</translation>
  </message>
  <message>
   <source>The fewest pixels that stay.</source>
   <translation>保留所需的最少像素数。</translation>
  </message>
  <message>
   <source>The file asks for more memory than there is, or it is damaged.</source>
   <translation>该文件需要的内存超出可用内存，或已损坏。</translation>
  </message>
  <message>
   <source>The file name {name} is not valid text.</source>
   <translation>文件名 {name} 不是有效文本。</translation>
  </message>
  <message>
   <source>The file names another number of classes than its weights have: its names were left out.</source>
   <translation>文件中的类别名称数量与权重不符：已忽略这些名称。</translation>
  </message>
  <message>
   <source>The file {file} cannot be read as a model: {reason}</source>
   <translation>文件 {file} 无法作为模型读取：{reason}</translation>
  </message>
  <message>
   <source>The file {file} cannot be read: {reason}.</source>
   <translation>无法读取文件 {file}：{reason}。</translation>
  </message>
  <message>
   <source>The file {file} cannot be used as a model: {reason}.</source>
   <translation>文件 {file} 无法用作模型：{reason}。</translation>
  </message>
  <message>
   <source>The file {file} holds no weights.</source>
   <translation>文件 {file} 中没有权重。</translation>
  </message>
  <message>
   <source>The file {file} is a TorchScript program, which runs only with your consent.</source>
   <translation>文件 {file} 是 TorchScript 程序，只有在您同意后才会运行。</translation>
  </message>
  <message>
   <source>The file {file} is a torch.export program, which SegDesk does not run.</source>
   <translation>文件 {file} 是 torch.export 程序，SegDesk 不运行它。</translation>
  </message>
  <message>
   <source>The file {file} is damaged.</source>
   <translation>文件 {file} 已损坏。</translation>
  </message>
  <message>
   <source>The file {file} is damaged: {reason}.</source>
   <translation>文件 {file} 已损坏：{reason}。</translation>
  </message>
  <message>
   <source>The file {file} is not a checkpoint, or it is damaged.</source>
   <translation>文件 {file} 不是检查点，或已损坏。</translation>
  </message>
  <message>
   <source>The file {file} is not the weights file of {model}: its checksum differs.</source>
   <translation>文件 {file} 不是 {model} 的权重文件：校验和不符。</translation>
  </message>
  <message>
   <source>The file {name} cannot be read: {reason}.</source>
   <translation>无法读取文件 {name}：{reason}。</translation>
  </message>
  <message>
   <source>The file {name} lies outside of the folder and was not touched.</source>
   <translation>文件 {name} 位于文件夹之外，未作任何操作。</translation>
  </message>
  <message>
   <source>The files of {model} cannot be used: {reason}.</source>
   <translation>{model} 的文件无法使用：{reason}。</translation>
  </message>
  <message>
   <source>The first epoch is under way…</source>
   <translation>第一轮进行中…</translation>
  </message>
  <message>
   <source>The folder {folder} cannot be written to: {reason}</source>
   <translation>无法写入文件夹 {folder}：{reason}</translation>
  </message>
  <message>
   <source>The folder {folder} is not the one of {model}: it has no {file}.</source>
   <translation>文件夹 {folder} 不属于 {model}：其中没有 {file}。</translation>
  </message>
  <message>
   <source>The folder {name} does not exist.</source>
   <translation>文件夹 {name} 不存在。</translation>
  </message>
  <message>
   <source>The folder {name} holds other files and is not overwritten.</source>
   <translation>文件夹 {name} 中有其他文件，不会被覆盖。</translation>
  </message>
  <message>
   <source>The graphics card has no room for this model: it runs on the processor.</source>
   <translation>显卡放不下该模型：改用处理器运行。</translation>
  </message>
  <message>
   <source>The graphics card has stopped working: the processor goes on in its place.</source>
   <translation>显卡已停止工作：改由处理器继续。</translation>
  </message>
  <message>
   <source>The ground: told apart from the classes</source>
   <translation>背景：与各类别区分</translation>
  </message>
  <message>
   <source>The installed transformers {version} has no {net}.</source>
   <translation>已安装的 transformers {version} 没有 {net}。</translation>
  </message>
  <message>
   <source>The key {key} is in use: {command}.</source>
   <translation>按键 {key} 已被占用：{command}。</translation>
  </message>
  <message>
   <source>The keys of {name} hold now.</source>
   <translation>{name} 的快捷键现已生效。</translation>
  </message>
  <message>
   <source>The label picture of {name} cannot be used.</source>
   <translation>{name} 的标签图无法使用。</translation>
  </message>
  <message>
   <source>The labels are {width} x {height} pixels large, which is not the size of this picture.</source>
   <translation>标注大小为 {width} x {height} 像素，与这张图片不符。</translation>
  </message>
  <message>
   <source>The labels could not be moved to the edges: {reason}</source>
   <translation>无法将标注移到边缘：{reason}</translation>
  </message>
  <message>
   <source>The labels lie at the edges already; else make the certainty lower or the reach larger.</source>
   <translation>标注已经贴合边缘；否则请降低确定度或加大移动范围。</translation>
  </message>
  <message numerus="yes">
   <source>The labels of %n picture(s) have changed.</source>
   <translation>
    <numerusform>%n 张图片的标注已改变。</numerusform>
   </translation>
  </message>
  <message>
   <source>The labels of this picture are just being changed.</source>
   <translation>这张图片的标注正在更改。</translation>
  </message>
  <message>
   <source>The labels of {name} are damaged in the project file.</source>
   <translation>{name} 的标注在项目文件中已损坏。</translation>
  </message>
  <message>
   <source>The labels of {name} are not of the picture's size.</source>
   <translation>{name} 的标注与图片尺寸不符。</translation>
  </message>
  <message>
   <source>The labels of {name} are {label_width} x {label_height} pixels, the picture is {width} x {height}.</source>
   <translation>{name} 的标注是 {label_width} x {label_height} 像素，图片是 {width} x {height}。</translation>
  </message>
  <message>
   <source>The labels of {name} came back in another size.</source>
   <translation>{name} 的标签读回后尺寸不同。</translation>
  </message>
  <message>
   <source>The labels of {name} have another size than the picture.</source>
   <translation>{name} 的标注与图片尺寸不同。</translation>
  </message>
  <message>
   <source>The labels of {name} name a class that the net does not have.</source>
   <translation>{name} 的标注含有网络没有的类别。</translation>
  </message>
  <message>
   <source>The labels show no class.</source>
   <translation>标注中没有任何类别。</translation>
  </message>
  <message>
   <source>The labels show no object of the classes that are learned.</source>
   <translation>标注中没有所学类别的对象。</translation>
  </message>
  <message>
   <source>The labels that are judged</source>
   <translation>被评判的标注</translation>
  </message>
  <message>
   <source>The last checkpoint in {folder} is kept: go on with it once the folder can be written.</source>
   <translation>{folder} 中最后的检查点已保留：文件夹可写后即可继续。</translation>
  </message>
  <message>
   <source>The last checkpoint is kept; the log of the engine has the details.</source>
   <translation>最后的检查点已保留；详情见引擎日志。</translation>
  </message>
  <message>
   <source>The layers are annotation, prediction and reference.</source>
   <translation>图层有 annotation、prediction 和 reference。</translation>
  </message>
  <message>
   <source>The least difference of colour, of 255, that counts as an edge.</source>
   <translation>视为边缘的最小颜色差（满值 255）。</translation>
  </message>
  <message>
   <source>The least probability or score that stays.</source>
   <translation>保留所需的最低概率或得分。</translation>
  </message>
  <message>
   <source>The lists are in resources/classes.</source>
   <translation>列表位于 resources/classes。</translation>
  </message>
  <message>
   <source>The log file has the details. Your work is kept; you can go on.</source>
   <translation>详情见日志文件。您的工作已保留，可以继续。</translation>
  </message>
  <message>
   <source>The log file says why.</source>
   <translation>原因见日志文件。</translation>
  </message>
  <message>
   <source>The log of the engine has the details.</source>
   <translation>详情见引擎日志。</translation>
  </message>
  <message>
   <source>The masks of {name} differ in size: {width} x {height} against {other_width} x {other_height} pixels.</source>
   <translation>{name} 的掩膜尺寸不一致：{width} x {height} 与 {other_width} x {other_height} 像素。</translation>
  </message>
  <message>
   <source>The memory of {device} ran out in epoch {epoch}.</source>
   <translation>第 {epoch} 轮时 {device} 内存耗尽。</translation>
  </message>
  <message>
   <source>The menu File exports the labels for the next program ({export}) and writes a report of their quality. All keys: {keys}.</source>
   <translation>“文件”菜单可将标注导出给下一个程序（{export}），并生成质量报告。全部快捷键：{keys}。</translation>
  </message>
  <message>
   <source>The model answered with values that are not numbers.</source>
   <translation>模型给出的数值不是有效数字。</translation>
  </message>
  <message>
   <source>The model card {card} is made of another one, {part}, which is not there.</source>
   <translation>模型卡 {card} 由另一个模型 {part} 组成，但它不存在。</translation>
  </message>
  <message>
   <source>The model card {file} cannot be read: {reason}.</source>
   <translation>无法读取模型卡 {file}：{reason}。</translation>
  </message>
  <message>
   <source>The model did {share} % of the work; {seconds} s a picture (median).</source>
   <translation>模型完成了 {share} % 的工作；每张图片 {seconds} 秒（中位数）。</translation>
  </message>
  <message>
   <source>The model finds objects, and none of the classes is countable.</source>
   <translation>该模型寻找对象，但没有可数的类别。</translation>
  </message>
  <message>
   <source>The model gave no answer for this picture.</source>
   <translation>模型没有为这张图片给出结果。</translation>
  </message>
  <message>
   <source>The model gave no answer.</source>
   <translation>模型没有给出结果。</translation>
  </message>
  <message>
   <source>The model looks several times, and the answers are averaged: better borders, more time.</source>
   <translation>模型多次查看图片并对结果取平均：边界更好，耗时更长。</translation>
  </message>
  <message>
   <source>The model tells {wanted} classes apart, but {given} names were given.</source>
   <translation>模型区分 {wanted} 个类别，但给出了 {given} 个名称。</translation>
  </message>
  <message>
   <source>The model to start from cannot teach: none of its classes is trained, or it has no weights.</source>
   <translation>起始模型无法充当教师：它的类别都不在训练之列，或者没有权重。</translation>
  </message>
  <message>
   <source>The model whose encoder is taken</source>
   <translation>提供编码器的模型</translation>
  </message>
  <message>
   <source>The model {model} answers clicks and words; it cannot be run on whole pictures.</source>
   <translation>模型 {model} 回应点击和文字，不能对整张图片运行。</translation>
  </message>
  <message>
   <source>The model {model} does not answer clicks or words.</source>
   <translation>模型 {model} 不回答点击或文字。</translation>
  </message>
  <message>
   <source>The model {model} does not look for words.</source>
   <translation>模型 {model} 不能按文字查找。</translation>
  </message>
  <message>
   <source>The model {model} failed on this picture: {reason}</source>
   <translation>模型 {model} 处理这张图片时失败：{reason}</translation>
  </message>
  <message>
   <source>The model {model} has no class called {name}.</source>
   <translation>模型 {model} 没有名为 {name} 的类别。</translation>
  </message>
  <message>
   <source>The model {model} is for pictures, not for point clouds.</source>
   <translation>模型 {model} 用于图片，而不是点云。</translation>
  </message>
  <message>
   <source>The model {model} is for point clouds, not for pictures.</source>
   <translation>模型 {model} 用于点云，而不是图片。</translation>
  </message>
  <message>
   <source>The model {model} is kept and chosen.</source>
   <translation>模型 {model} 已保存并选用。</translation>
  </message>
  <message>
   <source>The model {model} is kept.</source>
   <translation>模型 {model} 已保存。</translation>
  </message>
  <message>
   <source>The model {model} needs colours, and this point cloud has none.</source>
   <translation>模型 {model} 需要颜色，而此点云没有颜色。</translation>
  </message>
  <message>
   <source>The model {model} needs no weights file.</source>
   <translation>模型 {model} 不需要权重文件。</translation>
  </message>
  <message>
   <source>The model {model} was added and is chosen.</source>
   <translation>模型 {model} 已添加并选中。</translation>
  </message>
  <message>
   <source>The model's answer</source>
   <translation>模型的结果</translation>
  </message>
  <message>
   <source>The net of {model} answers with {output}, which the program does not know.</source>
   <translation>{model} 的网络输出 {output}，程序无法识别。</translation>
  </message>
  <message>
   <source>The network starts from random numbers: it needs many pictures and epochs.</source>
   <translation>网络从随机数开始：需要大量图片和轮数。</translation>
  </message>
  <message numerus="yes">
   <source>The new model is better on the hold-out of %n picture(s).</source>
   <translation>
    <numerusform>在 %n 张留出图片上，新模型更好。</numerusform>
   </translation>
  </message>
  <message numerus="yes">
   <source>The new model is not better on the hold-out of %n picture(s).</source>
   <translation>
    <numerusform>在 %n 张留出图片上，新模型并不更好。</numerusform>
   </translation>
  </message>
  <message>
   <source>The numbers of a label map run from 0 to {most}.</source>
   <translation>标注图的数值为 0 到 {most}。</translation>
  </message>
  <message>
   <source>The objects of {name} are not of the picture's size.</source>
   <translation>{name} 的对象与图片大小不符。</translation>
  </message>
  <message>
   <source>The package comes without its licence as a text; its page has it.</source>
   <translation>这个软件包没有附带许可证文本，请看它的网页。</translation>
  </message>
  <message>
   <source>The package pyarrow is not installed.</source>
   <translation>未安装 pyarrow 软件包。</translation>
  </message>
  <message>
   <source>The package {package} is not installed.</source>
   <translation>未安装软件包 {package}。</translation>
  </message>
  <message>
   <source>The part of the picture to refine lies outside of it.</source>
   <translation>要细化的部分位于图片之外。</translation>
  </message>
  <message>
   <source>The part {name} of an earlier run is damaged: its pictures are computed again.</source>
   <translation>之前运行的分片 {name} 已损坏：其中的图片将重新计算。</translation>
  </message>
  <message>
   <source>The picture and the class probabilities to refine differ in size.</source>
   <translation>图片与待精细化的类别概率大小不一致。</translation>
  </message>
  <message>
   <source>The picture is large: the CRF was computed at reduced size.</source>
   <translation>图片很大：CRF 以缩小的尺寸计算。</translation>
  </message>
  <message>
   <source>The picture is still being read.</source>
   <translation>图像仍在读取中。</translation>
  </message>
  <message>
   <source>The picture {name} is not there.</source>
   <translation>图片 {name} 不存在。</translation>
  </message>
  <message>
   <source>The pictures of this project are not where they were; labels can still be exported.</source>
   <translation>该项目的图片已不在原处；仍可导出标注。</translation>
  </message>
  <message>
   <source>The pictures with their labels in colour over them, to be looked at.</source>
   <translation>图片上叠加彩色标签，供查看。</translation>
  </message>
  <message>
   <source>The plug-in package {package} has been switched off.</source>
   <translation>插件软件包 {package} 已关闭。</translation>
  </message>
  <message>
   <source>The plug-in {name} cannot be used: {reason}.</source>
   <translation>插件 {name} 无法使用：{reason}。</translation>
  </message>
  <message>
   <source>The plug-in {name} of the package {package} cannot be used: {reason}.</source>
   <translation>软件包 {package} 的插件 {name} 无法使用：{reason}。</translation>
  </message>
  <message>
   <source>The point cloud {name} cannot be read: {reason}.</source>
   <translation>无法读取点云 {name}：{reason}。</translation>
  </message>
  <message>
   <source>The point cloud {name} has no points.</source>
   <translation>点云 {name} 中没有点。</translation>
  </message>
  <message>
   <source>The point cloud {name} has {count} points without a place (not a number, or infinite).</source>
   <translation>点云 {name} 中有 {count} 个点没有有效坐标（非数字或无穷大）。</translation>
  </message>
  <message>
   <source>The program in {file} asks for {operation}, which reaches beyond the picture: it is not run.</source>
   <translation>{file} 中的程序要求 {operation}，超出了图片范围：不予运行。</translation>
  </message>
  <message>
   <source>The project</source>
   <translation>项目</translation>
  </message>
  <message>
   <source>The project file {name} is damaged.</source>
   <translation>项目文件 {name} 已损坏。</translation>
  </message>
  <message>
   <source>The project file {name} is no longer there.</source>
   <translation>项目文件 {name} 已不在原处。</translation>
  </message>
  <message>
   <source>The project has no class with the number {id}.</source>
   <translation>项目中没有编号为 {id} 的类别。</translation>
  </message>
  <message>
   <source>The project has no class {name}.</source>
   <translation>项目中没有类别 {name}。</translation>
  </message>
  <message>
   <source>The project has no picture {name}.</source>
   <translation>项目中没有图片 {name}。</translation>
  </message>
  <message>
   <source>The project has no pictures yet.</source>
   <translation>项目中还没有图片。</translation>
  </message>
  <message>
   <source>The project is not kept in the picture folder but elsewhere.</source>
   <translation>项目文件不在图片文件夹中，而是保存在别处。</translation>
  </message>
  <message>
   <source>The project {name} failed: {reason}.</source>
   <translation>项目 {name} 出错：{reason}。</translation>
  </message>
  <message>
   <source>The project {name} is already open, here or in another program.</source>
   <translation>项目 {name} 已在此处或其他程序中打开。</translation>
  </message>
  <message>
   <source>The project {name} is closed.</source>
   <translation>项目 {name} 已关闭。</translation>
  </message>
  <message>
   <source>The project {name} is on a read-only medium; changes cannot be saved there.</source>
   <translation>项目 {name} 位于只读介质上；更改无法保存到那里。</translation>
  </message>
  <message>
   <source>The project {name} was made by a newer version of SegDesk.</source>
   <translation>项目 {name} 由更新版本的 SegDesk 创建。</translation>
  </message>
  <message>
   <source>The project {name} was not closed properly and lies on a read-only medium.</source>
   <translation>项目 {name} 未正常关闭，且位于只读介质上。</translation>
  </message>
  <message>
   <source>The project {name} was opened for reading only, because it is damaged.</source>
   <translation>项目 {name} 已损坏，因此仅以只读方式打开。</translation>
  </message>
  <message>
   <source>The refinement {name} cannot be used: {reason}.</source>
   <translation>无法使用后处理步骤 {name}：{reason}。</translation>
  </message>
  <message>
   <source>The report is in {folder}.</source>
   <translation>报告位于 {folder}。</translation>
  </message>
  <message>
   <source>The result is written as .ply.</source>
   <translation>结果以 .ply 格式写出。</translation>
  </message>
  <message>
   <source>The rule {rule} does not say what a class becomes.</source>
   <translation>规则 {rule} 没有说明类别变成什么。</translation>
  </message>
  <message>
   <source>The run was stopped: {result}</source>
   <translation>运行已停止：{result}</translation>
  </message>
  <message>
   <source>The run with {model} could not go on.</source>
   <translation>{model}的运行无法继续。</translation>
  </message>
  <message>
   <source>The run with {model} had not begun when the program ended.</source>
   <translation>程序结束时{model}的运行尚未开始。</translation>
  </message>
  <message>
   <source>The run with {model} stopped at {done} of {total}.</source>
   <translation>{model}的运行停在 {done} / {total}。</translation>
  </message>
  <message>
   <source>The samples that the model drew differ here.</source>
   <translation>模型抽取的多个样本在此处不一致。</translation>
  </message>
  <message>
   <source>The seeds do not lie in one object.</source>
   <translation>种子点不在同一个对象中。</translation>
  </message>
  <message>
   <source>The selected classes go by their own names.</source>
   <translation>所选类别按自己的名称对应。</translation>
  </message>
  <message>
   <source>The selected object, else the active class</source>
   <translation>所选对象，否则为当前类别</translation>
  </message>
  <message>
   <source>The server does not give out the weights of {model} (answer {code}).</source>
   <translation>服务器不提供 {model} 的权重（应答 {code}）。</translation>
  </message>
  <message>
   <source>The settings could not be read; the program starts with its defaults.</source>
   <translation>无法读取设置；程序以默认设置启动。</translation>
  </message>
  <message>
   <source>The settings of {folder} do not tell its classes.</source>
   <translation>{folder} 的设置没有给出类别。</translation>
  </message>
  <message>
   <source>The shares of train, val and test must be 0 or more, and not all 0.</source>
   <translation>训练、验证和测试的比例必须不小于 0，且不能全为 0。</translation>
  </message>
  <message>
   <source>The step {step} cannot be used with {model}: {why}</source>
   <translation>步骤 {step} 不能用于 {model}：{why}</translation>
  </message>
  <message>
   <source>The strokes cannot be learned from: {reason}</source>
   <translation>无法从涂画中学习：{reason}</translation>
  </message>
  <message>
   <source>The strokes of {name} are damaged in the project file.</source>
   <translation>项目文件中 {name} 的涂画已损坏。</translation>
  </message>
  <message>
   <source>The table {name} cannot be read: {reason}.</source>
   <translation>无法读取表格 {name}：{reason}。</translation>
  </message>
  <message>
   <source>The training broke off; the best epoch before is kept.</source>
   <translation>训练中断；之前最好的一轮已保留。</translation>
  </message>
  <message>
   <source>The training came apart in epoch {epoch}: its loss is no number any more.</source>
   <translation>训练在第 {epoch} 轮崩溃：损失不再是数值。</translation>
  </message>
  <message>
   <source>The training cannot save where it is: {reason}.</source>
   <translation>训练无法保存进度：{reason}。</translation>
  </message>
  <message>
   <source>The training ended as its time was over.</source>
   <translation>时间已到，训练结束。</translation>
  </message>
  <message>
   <source>The training ended early: it did not get better any more.</source>
   <translation>不再有进步，训练提前结束。</translation>
  </message>
  <message>
   <source>The training failed: {reason}.</source>
   <translation>训练失败：{reason}。</translation>
  </message>
  <message>
   <source>The training is done.</source>
   <translation>训练完成。</translation>
  </message>
  <message>
   <source>The training stopped unexpectedly.</source>
   <translation>训练意外停止。</translation>
  </message>
  <message>
   <source>The training was stopped.</source>
   <translation>训练已停止。</translation>
  </message>
  <message>
   <source>The training's copy of {name} cannot be read.</source>
   <translation>无法读取训练所用的 {name} 副本。</translation>
  </message>
  <message>
   <source>The two best classes are close here.</source>
   <translation>此处得分最高的两个类别很接近。</translation>
  </message>
  <message>
   <source>The two label maps of {name} differ in size: {width} x {height} against {other_width} x {other_height} pixels.</source>
   <translation>{name} 的两份标注大小不同：{width} x {height} 与 {other_width} x {other_height} 像素。</translation>
  </message>
  <message>
   <source>The values were others then.</source>
   <translation>当时的参数与现在不同。</translation>
  </message>
  <message>
   <source>The weights cannot be written to {folder}: {reason}.</source>
   <translation>无法把权重写入 {folder}：{reason}。</translation>
  </message>
  <message>
   <source>The weights file does not belong to {model}: of its parameters {missing} of {count} are missing, and {surplus} are foreign (such as {example}).</source>
   <translation>权重文件不属于 {model}：{count} 个参数中缺少 {missing} 个，另有 {surplus} 个多余（例如 {example}）。</translation>
  </message>
  <message>
   <source>The weights file does not fit {model}: none of its parameters is there.</source>
   <translation>权重文件与 {model} 不符：其中没有它的任何参数。</translation>
  </message>
  <message>
   <source>The weights file does not fit {model}: {parameter} has the shape {found} instead of {wanted}.</source>
   <translation>权重文件与 {model} 不符：{parameter} 的形状是 {found}，而不是 {wanted}。</translation>
  </message>
  <message>
   <source>The weights file {file} cannot be opened: {reason}.</source>
   <translation>无法打开权重文件 {file}：{reason}。</translation>
  </message>
  <message>
   <source>The weights in the folder {folder} are not on every worker.</source>
   <translation>并非每个工作节点上都有文件夹 {folder} 中的权重。</translation>
  </message>
  <message>
   <source>The weights of this model are here already, or have no address to download from.</source>
   <translation>该模型的权重已就绪，或没有下载地址。</translation>
  </message>
  <message>
   <source>The weights of this model are not here yet: download or locate them.</source>
   <translation>该模型的权重尚未就绪：请下载或定位文件。</translation>
  </message>
  <message>
   <source>The weights of this model are not here: download them, or start from scratch.</source>
   <translation>此模型的权重不在本机：请下载，或从零开始。</translation>
  </message>
  <message>
   <source>The weights of {model} are not here yet.</source>
   <translation>{model} 的权重尚未就绪。</translation>
  </message>
  <message>
   <source>The weights of {model} are not on this machine and cannot be downloaded.</source>
   <translation>本机没有 {model} 的权重，也无法下载。</translation>
  </message>
  <message>
   <source>The weights of {model} are not on this machine.</source>
   <translation>本机没有 {model} 的权重。</translation>
  </message>
  <message>
   <source>The weights of {model} could not be downloaded: no connection to the server.</source>
   <translation>无法下载 {model} 的权重：连接不到服务器。</translation>
  </message>
  <message>
   <source>The weights of {model} have no address to download from.</source>
   <translation>{model} 的权重没有下载地址。</translation>
  </message>
  <message>
   <source>The whole picture</source>
   <translation>整张图片</translation>
  </message>
  <message>
   <source>The widths (sigma) of the CRF must be greater than 0.</source>
   <translation>CRF 的宽度（sigma）必须大于 0。</translation>
  </message>
  <message>
   <source>The worker died while it worked on this picture.</source>
   <translation>工作进程在处理这张图片时终止。</translation>
  </message>
  <message>
   <source>The worker on {host} has SegDesk {there}, this machine {here}.</source>
   <translation>{host} 上的 SegDesk 版本为 {there}，本机为 {here}。</translation>
  </message>
  <message>
   <source>The workers end again and again: {reason}</source>
   <translation>工作进程反复终止：{reason}</translation>
  </message>
  <message>
   <source>Their labels become</source>
   <translation>其标注变为</translation>
  </message>
  <message>
   <source>Their pixels were left without a label.</source>
   <translation>这些像素没有标签。</translation>
  </message>
  <message>
   <source>There are no cards in it.</source>
   <translation>其中没有模型卡。</translation>
  </message>
  <message>
   <source>There are no class probabilities to refine.</source>
   <translation>没有可供精细化的类别概率。</translation>
  </message>
  <message>
   <source>There are no pictures below {place}.</source>
   <translation>{place} 下没有图片。</translation>
  </message>
  <message>
   <source>There are no pictures in {folder}.</source>
   <translation>{folder} 中没有图片。</translation>
  </message>
  <message>
   <source>There are no public weights of {model}: as it is, it would answer with noise.</source>
   <translation>{model} 没有公开权重：直接运行只会得到噪声。</translation>
  </message>
  <message>
   <source>There is already a class named {name}.</source>
   <translation>已有名为 {name} 的类别。</translation>
  </message>
  <message>
   <source>There is no Ray cluster at {address}: {reason}.</source>
   <translation>{address} 上没有 Ray 集群：{reason}。</translation>
  </message>
  <message>
   <source>There is no answer of a model for this picture yet.</source>
   <translation>这张图片还没有模型结果。</translation>
  </message>
  <message>
   <source>There is no architecture called {net}.</source>
   <translation>没有名为 {net} 的网络结构。</translation>
  </message>
  <message>
   <source>There is no border of labels in this area.</source>
   <translation>此区域内没有标注边界。</translation>
  </message>
  <message>
   <source>There is no class list called {name}.</source>
   <translation>没有名为 {name} 的类别列表。</translation>
  </message>
  <message>
   <source>There is no class to lock.</source>
   <translation>没有可锁定的类别。</translation>
  </message>
  <message>
   <source>There is no class to paint with.</source>
   <translation>没有可用于绘制的类别。</translation>
  </message>
  <message>
   <source>There is no class yet: add one, or run a model.</source>
   <translation>还没有类别：请添加，或运行模型。</translation>
  </message>
  <message>
   <source>There is no connection to a Ray cluster.</source>
   <translation>没有连接到 Ray 集群。</translation>
  </message>
  <message>
   <source>There is no doubt map for this picture: run a model here</source>
   <translation>这张图片没有疑难图：请在此运行模型</translation>
  </message>
  <message>
   <source>There is no layer called {layer}.</source>
   <translation>没有名为 {layer} 的图层。</translation>
  </message>
  <message>
   <source>There is no model called {model}.</source>
   <translation>没有名为 {model} 的模型。</translation>
  </message>
  <message>
   <source>There is no model's answer for this picture</source>
   <translation>这张图片没有模型结果</translation>
  </message>
  <message>
   <source>There is no model's answer to compare with</source>
   <translation>没有可对照的模型结果</translation>
  </message>
  <message numerus="yes">
   <source>There is no old model to compare with; judged by %n picture(s).</source>
   <translation>
    <numerusform>没有可比较的旧模型；用 %n 张图片评判。</numerusform>
   </translation>
  </message>
  <message>
   <source>There is no permission for {name}.</source>
   <translation>没有访问 {name} 的权限。</translation>
  </message>
  <message>
   <source>There is no permission to list the folder {name}.</source>
   <translation>没有权限列出文件夹 {name}。</translation>
  </message>
  <message>
   <source>There is no permission to open or change {name}.</source>
   <translation>没有权限打开或更改 {name}。</translation>
  </message>
  <message>
   <source>There is no permission to read {name}.</source>
   <translation>没有权限读取 {name}。</translation>
  </message>
  <message>
   <source>There is no picture before this one.</source>
   <translation>这是第一张图片，前面没有图片。</translation>
  </message>
  <message>
   <source>There is no picture {name} in the project.</source>
   <translation>项目中没有图片 {name}。</translation>
  </message>
  <message>
   <source>There is no project in {folder}.</source>
   <translation>{folder} 中没有项目。</translation>
  </message>
  <message>
   <source>There is no shared memory left to hand the picture to the engine: {reason}.</source>
   <translation>共享内存不足，无法把图片交给引擎：{reason}。</translation>
  </message>
  <message>
   <source>There is no training to go on with.</source>
   <translation>没有可以继续的训练。</translation>
  </message>
  <message>
   <source>There is no training {run}.</source>
   <translation>没有训练 {run}。</translation>
  </message>
  <message>
   <source>There is no {name}; there are {known}.</source>
   <translation>没有 {name}；可用的有 {known}。</translation>
  </message>
  <message>
   <source>There is not enough memory to run {model} on this picture of {width} x {height} pixels.</source>
   <translation>内存不足，无法对这张 {width} x {height} 像素的图片运行 {model}。</translation>
  </message>
  <message>
   <source>There is nothing here to work on.</source>
   <translation>这里没有可处理的内容。</translation>
  </message>
  <message>
   <source>There is nothing to compare the refinements with: no picture has labels that are known to be right.</source>
   <translation>没有可供比较的标注：没有任何图片带有确认正确的标注。</translation>
  </message>
  <message>
   <source>There is nothing to compare with.</source>
   <translation>没有可比较的内容。</translation>
  </message>
  <message>
   <source>There is nothing to compare: no picture has both layers, {layer} and {against}, in the same size.</source>
   <translation>没有可比较的内容：没有图片同时具有大小相同的 {layer} 和 {against} 两个图层。</translation>
  </message>
  <message>
   <source>There is nothing to export.</source>
   <translation>没有可导出的内容。</translation>
  </message>
  <message>
   <source>There is nothing to redo.</source>
   <translation>没有可重做的操作。</translation>
  </message>
  <message>
   <source>There is nothing to undo.</source>
   <translation>没有可撤销的操作。</translation>
  </message>
  <message>
   <source>There was no class list; classes are named by their numbers.</source>
   <translation>没有类别列表；类别以编号命名。</translation>
  </message>
  <message>
   <source>There was not enough memory.</source>
   <translation>内存不足。</translation>
  </message>
  <message>
   <source>These are no labels of the project: {reason}.</source>
   <translation>这不是本项目的标注：{reason}。</translation>
  </message>
  <message>
   <source>They are whole numbers from 0.</source>
   <translation>编号应为从 0 开始的整数。</translation>
  </message>
  <message>
   <source>They become</source>
   <translation>变为</translation>
  </message>
  <message>
   <source>Thing or stuff changes no pixel: as stuff, the objects of a picture count as one; as things, each counts by itself.</source>
   <translation>切换对象类与区域类不改变任何像素：作为区域类，一张图片中的对象算作一个；作为对象类，各算各的。</translation>
  </message>
  <message>
   <source>This computer: {parts}</source>
   <translation>本机：{parts}</translation>
  </message>
  <message>
   <source>This file holds no keys of SegDesk.</source>
   <translation>此文件不含 SegDesk 的快捷键。</translation>
  </message>
  <message>
   <source>This folder is there already and not empty: choose a new one.</source>
   <translation>该文件夹已存在且不为空：请选择新的文件夹。</translation>
  </message>
  <message>
   <source>This model answers with objects, not with class probabilities.</source>
   <translation>该模型给出的是物体，而不是类别概率。</translation>
  </message>
  <message>
   <source>This model cannot be trained: choose another one.</source>
   <translation>此模型无法训练：请选择其他模型。</translation>
  </message>
  <message>
   <source>This model needs no weights file.</source>
   <translation>该模型不需要权重文件。</translation>
  </message>
  <message>
   <source>This model needs the package transformers, which is not installed.</source>
   <translation>此模型需要 transformers 软件包，但尚未安装。</translation>
  </message>
  <message>
   <source>This name is too long for a class.</source>
   <translation>这个类别名称太长。</translation>
  </message>
  <message>
   <source>This network has a loss of its own.</source>
   <translation>此网络有自己的损失函数。</translation>
  </message>
  <message>
   <source>This object or its class is locked.</source>
   <translation>该对象或其类别已锁定。</translation>
  </message>
  <message>
   <source>This picture already has {count} segments, the most that a map can hold.</source>
   <translation>这张图片已有 {count} 个区段，达到上限。</translation>
  </message>
  <message>
   <source>This picture has no reference.</source>
   <translation>这张图片没有参考标注。</translation>
  </message>
  <message>
   <source>This picture has no reference: import one with Import labels.</source>
   <translation>此图片没有参考：请用“导入标注”导入。</translation>
  </message>
  <message>
   <source>This picture is neither verified nor skipped.</source>
   <translation>此图片既未确认也未跳过。</translation>
  </message>
  <message>
   <source>This picture is not in the project any more.</source>
   <translation>这张图片已不在项目中。</translation>
  </message>
  <message>
   <source>This picture now</source>
   <translation>当前图片</translation>
  </message>
  <message>
   <source>This project is closed.</source>
   <translation>这个项目已关闭。</translation>
  </message>
  <message>
   <source>This project is damaged and opened for reading only: nothing that you change can be saved.</source>
   <translation>此项目已损坏，仅以只读方式打开：您所做的更改都无法保存。</translation>
  </message>
  <message>
   <source>This project is on a read-only medium: nothing that you change can be saved.</source>
   <translation>该项目位于只读介质上：所做的更改无法保存。</translation>
  </message>
  <message>
   <source>This run is under way or waits in the queue.</source>
   <translation>该运行正在进行或已在队列中。</translation>
  </message>
  <message>
   <source>This was found while it is open. Labels that are damaged are not shown. Recover soon: a damaged file may lose more. Whatever you choose, this file stays as it is.</source>
   <translation>这是在项目打开期间发现的。已损坏的标注不会显示。请尽快恢复：损坏的文件可能丢失更多内容。无论您选择什么，此文件都保持原样。</translation>
  </message>
  <message>
   <source>Thumbnails</source>
   <translation>缩略图</translation>
  </message>
  <message>
   <source>Tidying up</source>
   <translation>整理</translation>
  </message>
  <message>
   <source>To run it, install: {command}</source>
   <translation>要运行它，请安装：{command}</translation>
  </message>
  <message>
   <source>Tolerance</source>
   <translation>容差</translation>
  </message>
  <message>
   <source>Tongues, bridges and specks that a disc does not fit into go to their neighbours.</source>
   <translation>圆盘放不进去的凸舌、细桥和斑点归入相邻区域。</translation>
  </message>
  <message>
   <source>Tool</source>
   <translation>工具</translation>
  </message>
  <message>
   <source>Tools</source>
   <translation>工具</translation>
  </message>
  <message>
   <source>Tour</source>
   <translation>导览</translation>
  </message>
  <message>
   <source>Tour in five steps</source>
   <translation>五步导览</translation>
  </message>
  <message>
   <source>Train</source>
   <translation>训练</translation>
  </message>
  <message>
   <source>Train a model</source>
   <translation>训练模型</translation>
  </message>
  <message>
   <source>Train a model…</source>
   <translation>训练模型…</translation>
  </message>
  <message>
   <source>Train it on labelled pictures, or choose a weights file of your own with “Locate file”.</source>
   <translation>请用已标注的图片训练它，或用“定位文件”选择自己的权重文件。</translation>
  </message>
  <message>
   <source>Train it…</source>
   <translation>训练它…</translation>
  </message>
  <message>
   <source>Train this network on the labels of the project</source>
   <translation>用项目的标注训练此网络</translation>
  </message>
  <message>
   <source>Train with a lower rate; the last good checkpoint is kept.</source>
   <translation>请降低学习率；最后一个完好的检查点已保留。</translation>
  </message>
  <message>
   <source>Trained on</source>
   <translation>训练数据</translation>
  </message>
  <message>
   <source>Training</source>
   <translation>训练</translation>
  </message>
  <message>
   <source>Training needs at least two labelled pictures, and there are {count}.</source>
   <translation>训练至少需要两张已标注的图片，目前有 {count} 张。</translation>
  </message>
  <message>
   <source>Training needs at least two labelled pictures: one to learn from and one to judge by.</source>
   <translation>训练至少需要两张已标注的图片：一张用于学习，一张用于评判。</translation>
  </message>
  <message>
   <source>Training needs at least two labelled pictures: verify more, or take all labelled ones.</source>
   <translation>训练至少需要两张已标注的图片：请确认更多，或使用所有已标注的图片。</translation>
  </message>
  <message>
   <source>Training needs at least two verified pictures, and there are {count}.</source>
   <translation>训练至少需要两张已确认的图片，目前有 {count} 张。</translation>
  </message>
  <message>
   <source>Trainings that were broken off go on where they were</source>
   <translation>中断的训练从断点继续</translation>
  </message>
  <message>
   <source>Train…</source>
   <translation>训练…</translation>
  </message>
  <message>
   <source>Try again</source>
   <translation>重试</translation>
  </message>
  <message>
   <source>Try again in a moment.</source>
   <translation>请稍后再试。</translation>
  </message>
  <message>
   <source>Try again later, or get the file {file} elsewhere and choose it with “Locate file”.</source>
   <translation>请稍后再试，或从别处取得文件 {file}，再用“定位文件”选择它。</translation>
  </message>
  <message>
   <source>Try again.</source>
   <translation>请重试。</translation>
  </message>
  <message>
   <source>Try another model or device; the log of the engine has the details.</source>
   <translation>请换用其他模型或设备；详情见引擎日志。</translation>
  </message>
  <message>
   <source>Try it on a smaller area; the log of the engine has the details.</source>
   <translation>请在较小的区域上重试；引擎的日志中有详细信息。</translation>
  </message>
  <message>
   <source>Trying the model</source>
   <translation>正在试用模型</translation>
  </message>
  <message>
   <source>Two models with weights are needed. Download or locate the weights of another one.</source>
   <translation>需要两个有权重的模型。请下载或指定另一个模型的权重。</translation>
  </message>
  <message>
   <source>Type a number from 1 to 9, a letter, or Shift or Alt with it, such as Shift+Q or Alt+1.</source>
   <translation>输入 1 到 9 的数字、一个字母，或加上 Shift 或 Alt，例如 Shift+Q 或 Alt+1。</translation>
  </message>
  <message>
   <source>Type at least one letter.</source>
   <translation>至少输入一个字。</translation>
  </message>
  <message>
   <source>Type what to look for in the row above the picture.</source>
   <translation>请在图片上方的一行中输入要查找的内容。</translation>
  </message>
  <message>
   <source>Type what to look for, and press Enter.</source>
   <translation>输入要查找的内容，然后按 Enter。</translation>
  </message>
  <message>
   <source>Under</source>
   <translation>小于</translation>
  </message>
  <message>
   <source>Undo</source>
   <translation>撤销</translation>
  </message>
  <message>
   <source>Undo for each picture</source>
   <translation>每张图片的撤销记录</translation>
  </message>
  <message>
   <source>Undo in a picture takes it back there; answers of models and reference labels change for good.</source>
   <translation>在图片中撤销即可恢复该图片；模型结果和参考标注的改变不可撤销。</translation>
  </message>
  <message>
   <source>Undo is kept in the project, also after closing. Beyond this size the oldest steps are dropped.</source>
   <translation>撤销记录保存在项目中，关闭后仍保留。超过此大小时丢弃最早的步骤。</translation>
  </message>
  <message>
   <source>Unknown: neither learned nor judged</source>
   <translation>未知：不学习也不评判</translation>
  </message>
  <message>
   <source>Unlabelled pixels</source>
   <translation>未标注像素</translation>
  </message>
  <message>
   <source>Unlock it to change it.</source>
   <translation>请先解锁再更改。</translation>
  </message>
  <message>
   <source>Unlock object</source>
   <translation>解锁对象</translation>
  </message>
  <message>
   <source>Unlock the class</source>
   <translation>解锁类别</translation>
  </message>
  <message>
   <source>Unlock the class {name}</source>
   <translation>解锁类别 {name}</translation>
  </message>
  <message>
   <source>Up</source>
   <translation>上移</translation>
  </message>
  <message>
   <source>Update SegDesk to open it.</source>
   <translation>请更新 SegDesk 后再打开。</translation>
  </message>
  <message>
   <source>Use --data PATH with --format F.</source>
   <translation>请使用 --data PATH 和 --format F。</translation>
  </message>
  <message>
   <source>Use --format F, with a format of `segdesk formats`.</source>
   <translation>请使用 --format F，格式见 `segdesk formats`。</translation>
  </message>
  <message>
   <source>Use --from ID, with a model of `segdesk models`.</source>
   <translation>请使用 --from ID，ID 为 `segdesk models` 列出的模型。</translation>
  </message>
  <message>
   <source>Use a file from a source that you trust, or export the model as ONNX.</source>
   <translation>请使用来源可信的文件，或将模型导出为 ONNX。</translation>
  </message>
  <message>
   <source>Use at most {most} letters.</source>
   <translation>最多 {most} 个字符。</translation>
  </message>
  <message>
   <source>Use it on the command line: segdesk points FILE --model {id}</source>
   <translation>请在命令行使用：segdesk points FILE --model {id}</translation>
  </message>
  <message>
   <source>Use this model</source>
   <translation>使用此模型</translation>
  </message>
  <message>
   <source>Use {letter}</source>
   <translation>使用 {letter}</translation>
  </message>
  <message>
   <source>Used last</source>
   <translation>最近使用</translation>
  </message>
  <message>
   <source>Usual values of this step</source>
   <translation>恢复此步骤的默认值</translation>
  </message>
  <message>
   <source>Verified</source>
   <translation>已确认</translation>
  </message>
  <message>
   <source>Verify more, or train on all labelled pictures.</source>
   <translation>请确认更多图片，或使用所有已标注的图片训练。</translation>
  </message>
  <message>
   <source>Version</source>
   <translation>版本</translation>
  </message>
  <message>
   <source>Void</source>
   <translation>未标注</translation>
  </message>
  <message>
   <source>Wait for its end, or stop it, then apply.</source>
   <translation>请等它结束或停止它，然后再应用。</translation>
  </message>
  <message>
   <source>Waiting</source>
   <translation>等待中</translation>
  </message>
  <message>
   <source>Wand</source>
   <translation>魔棒</translation>
  </message>
  <message>
   <source>Weights</source>
   <translation>权重</translation>
  </message>
  <message>
   <source>Weights and cache</source>
   <translation>权重与缓存</translation>
  </message>
  <message>
   <source>Weights: {file} from {page}</source>
   <translation>权重：{file}，来自 {page}</translation>
  </message>
  <message>
   <source>What an object encloses becomes part of it: the void in it, or other objects too.</source>
   <translation>被对象包围的部分归入该对象：仅其中的未标注处，或也包括其他对象。</translation>
  </message>
  <message>
   <source>What does it hold, and what do its classes become? Nothing is stored before you say so.</source>
   <translation>其中有什么？类别对应什么？在您确认之前不会保存任何内容。</translation>
  </message>
  <message>
   <source>What each step gains on all pictures with reference labels, else on the verified ones</source>
   <translation>在所有有参考标注的图片（否则在已确认的图片）上评估每一步的增益</translation>
  </message>
  <message>
   <source>What each step gains on this picture, if it has reference labels or is verified</source>
   <translation>若本图有参考标注或已确认，评估每一步的增益</translation>
  </message>
  <message>
   <source>What has no label</source>
   <translation>没有标签的像素</translation>
  </message>
  <message>
   <source>What lies left of the line</source>
   <translation>线左侧显示的内容</translation>
  </message>
  <message>
   <source>What one object or class encloses becomes part of it: the void in it, and what lies behind an object.</source>
   <translation>被一个物体或类别包围的部分归入其中：其中的空白，以及物体孔洞中露出的背景。</translation>
  </message>
  <message>
   <source>What surrounds them</source>
   <translation>包围它的标注</translation>
  </message>
  <message>
   <source>What the labels are compared with</source>
   <translation>用于比较的标注</translation>
  </message>
  <message>
   <source>What the selected classes become; a new name makes a new class</source>
   <translation>所选类别变成什么；输入新名称即新建类别</translation>
  </message>
  <message>
   <source>What they are compared with</source>
   <translation>与之比较的标注</translation>
  </message>
  <message>
   <source>What to look for</source>
   <translation>要查找的内容</translation>
  </message>
  <message>
   <source>What was changed</source>
   <translation>修改之处</translation>
  </message>
  <message>
   <source>What was found</source>
   <translation>查找结果</translation>
  </message>
  <message>
   <source>What was trained so far is kept until you delete it.</source>
   <translation>已训练的内容会一直保留，直到您删除。</translation>
  </message>
  <message>
   <source>What would be left out</source>
   <translation>将被略过的内容</translation>
  </message>
  <message>
   <source>What you painted in this picture since the model's answer, or since it was snapped last, goes to the edges of the picture. Certainty and reach are those of the tool Snap.</source>
   <translation>自模型给出结果或上次吸附以来，您在此图片中绘制的内容将移到图片的边缘。确定度和移动范围取自“吸附”工具。</translation>
  </message>
  <message>
   <source>What {name} becomes</source>
   <translation>{name} 对应为</translation>
  </message>
  <message>
   <source>Whatever you choose, this file stays as it is.</source>
   <translation>无论您选择什么，此文件都保持原样。</translation>
  </message>
  <message>
   <source>Wheel</source>
   <translation>滚轮</translation>
  </message>
  <message>
   <source>When a picture is right, {accept} marks it as verified and brings the next one. The line at the bottom counts them.</source>
   <translation>图片无误后，按 {accept} 标为已确认并转到下一张。底部一行显示已确认的数量。</translation>
  </message>
  <message>
   <source>Where it is wrong, paint another stroke.</source>
   <translation>哪里不对，就在哪里再涂画一笔。</translation>
  </message>
  <message>
   <source>Where models compute: menu Model, Device</source>
   <translation>模型的计算设备：菜单“模型”→“设备”</translation>
  </message>
  <message>
   <source>Where they differ</source>
   <translation>差异处</translation>
  </message>
  <message>
   <source>Whether messages and the tour glide, or change at once.</source>
   <translation>提示与导览是滑动显示，还是直接切换。</translation>
  </message>
  <message>
   <source>Which class is to be painted over?</source>
   <translation>要在哪个类别上绘制？</translation>
  </message>
  <message>
   <source>Whole folder</source>
   <translation>整个文件夹</translation>
  </message>
  <message>
   <source>Width</source>
   <translation>宽度</translation>
  </message>
  <message>
   <source>Windows of 512, every 341 pixels</source>
   <translation>512 的窗口，每 341 像素一个</translation>
  </message>
  <message>
   <source>Windows of 769, every 513 pixels</source>
   <translation>769 的窗口，每 513 像素一个</translation>
  </message>
  <message>
   <source>With all its weights</source>
   <translation>使用其全部权重</translation>
  </message>
  <message>
   <source>With so few pictures at a time a network from scratch learns batch norm poorly.</source>
   <translation>批量这么小，从零开始的网络难以学好批归一化。</translation>
  </message>
  <message>
   <source>With the encoder of another model</source>
   <translation>使用另一个模型的编码器</translation>
  </message>
  <message>
   <source>With the weights of its encoder only</source>
   <translation>仅使用其编码器的权重</translation>
  </message>
  <message>
   <source>Work on fewer pixels where nothing happens: several times faster, almost the same answer.</source>
   <translation>在没有变化的地方只计算较少的像素：快数倍，结果几乎相同。</translation>
  </message>
  <message>
   <source>Worker {host} has torch {there}, this machine {here}: the last bits of answers may differ.</source>
   <translation>工作节点 {host} 的 torch 版本为 {there}，本机为 {here}：结果的末位可能不同。</translation>
  </message>
  <message>
   <source>Write it like car=vehicle, or like sky= to leave a class out.</source>
   <translation>请写成 car=vehicle 的形式；写成 sky= 表示舍弃该类别。</translation>
  </message>
  <message>
   <source>Write report</source>
   <translation>生成报告</translation>
  </message>
  <message>
   <source>Write report…</source>
   <translation>写报告…</translation>
  </message>
  <message>
   <source>Write the report into</source>
   <translation>报告写入</translation>
  </message>
  <message>
   <source>Writing samples</source>
   <translation>正在生成示例</translation>
  </message>
  <message>
   <source>Writing the report</source>
   <translation>正在生成报告</translation>
  </message>
  <message>
   <source>YOLO-seg</source>
   <translation>YOLO-seg</translation>
  </message>
  <message>
   <source>You have painted nothing here since the model's answer or the last snap.</source>
   <translation>自模型给出结果或上次吸附以来，您还没有在这里绘制任何内容。</translation>
  </message>
  <message>
   <source>You now work in {name}.</source>
   <translation>您现在在 {name} 中工作。</translation>
  </message>
  <message>
   <source>Your own cards</source>
   <translation>你自己的模型卡</translation>
  </message>
  <message>
   <source>Your own cards and weights</source>
   <translation>你自己的模型卡和权重</translation>
  </message>
  <message>
   <source>Your pictures</source>
   <translation>您的图片</translation>
  </message>
  <message>
   <source>Zoom at the pointer</source>
   <translation>以指针为中心缩放</translation>
  </message>
  <message>
   <source>Zoom in</source>
   <translation>放大</translation>
  </message>
  <message>
   <source>Zoom out</source>
   <translation>缩小</translation>
  </message>
  <message>
   <source>`pictures` has the paths of all of them.</source>
   <translation>`pictures` 里有全部图片的路径。</translation>
  </message>
  <message>
   <source>a new class</source>
   <translation>新类别</translation>
  </message>
  <message>
   <source>a word, or several with commas</source>
   <translation>一个词，或用逗号分隔的多个词</translation>
  </message>
  <message>
   <source>about {hours} h {minutes} min left</source>
   <translation>约剩 {hours} 小时 {minutes} 分钟</translation>
  </message>
  <message>
   <source>about {minutes} min left</source>
   <translation>约剩 {minutes} 分钟</translation>
  </message>
  <message>
   <source>about {seconds} s left</source>
   <translation>约剩 {seconds} 秒</translation>
  </message>
  <message>
   <source>about {size}</source>
   <translation>约 {size}</translation>
  </message>
  <message>
   <source>add</source>
   <translation>添加</translation>
  </message>
  <message>
   <source>add a list</source>
   <translation>加入列表</translation>
  </message>
  <message>
   <source>added</source>
   <translation>新增</translation>
  </message>
  <message>
   <source>against</source>
   <translation>对比</translation>
  </message>
  <message>
   <source>all pictures</source>
   <translation>所有图片</translation>
  </message>
  <message>
   <source>also those done before</source>
   <translation>包括以前已完成的</translation>
  </message>
  <message>
   <source>an outline has at least three points</source>
   <translation>轮廓至少要有三个点</translation>
  </message>
  <message>
   <source>answer {number} of {count} ( . the next)</source>
   <translation>第 {number} 个答案，共 {count} 个（. 看下一个）</translation>
  </message>
  <message>
   <source>as hard links, which take no room</source>
   <translation>使用硬链接（不占空间）</translation>
  </message>
  <message>
   <source>auto: {device}</source>
   <translation>自动：{device}</translation>
  </message>
  <message>
   <source>being opened</source>
   <translation>正在打开</translation>
  </message>
  <message>
   <source>by colour, needs no weights</source>
   <translation>按颜色，无需权重</translation>
  </message>
  <message>
   <source>card is broken</source>
   <translation>模型卡有误</translation>
  </message>
  <message>
   <source>changed class or object</source>
   <translation>类别或对象已更改</translation>
  </message>
  <message>
   <source>check the licences</source>
   <translation>请查阅许可</translation>
  </message>
  <message>
   <source>chosen pictures</source>
   <translation>选定的图片</translation>
  </message>
  <message>
   <source>class</source>
   <translation>类别</translation>
  </message>
  <message>
   <source>class {number}</source>
   <translation>类别 {number}</translation>
  </message>
  <message>
   <source>class: {name}</source>
   <translation>类别：{name}</translation>
  </message>
  <message>
   <source>clear</source>
   <translation>透明</translation>
  </message>
  <message>
   <source>clear strokes</source>
   <translation>清除涂画</translation>
  </message>
  <message>
   <source>clicks and words</source>
   <translation>点击与文字</translation>
  </message>
  <message>
   <source>command</source>
   <translation>命令</translation>
  </message>
  <message>
   <source>commercial use free</source>
   <translation>可自由商用</translation>
  </message>
  <message>
   <source>commercial use not excluded</source>
   <translation>未排除商用</translation>
  </message>
  <message>
   <source>compressed run lengths</source>
   <translation>压缩的游程</translation>
  </message>
  <message>
   <source>copied into the folder</source>
   <translation>复制到文件夹</translation>
  </message>
  <message>
   <source>delete</source>
   <translation>删除</translation>
  </message>
  <message>
   <source>done</source>
   <translation>完成</translation>
  </message>
  <message>
   <source>done before</source>
   <translation>以前已完成</translation>
  </message>
  <message>
   <source>doubt {value}</source>
   <translation>疑难度 {value}</translation>
  </message>
  <message>
   <source>drawn</source>
   <translation>绘制</translation>
  </message>
  <message>
   <source>edit by a program</source>
   <translation>程序修改</translation>
  </message>
  <message>
   <source>edited</source>
   <translation>已修改</translation>
  </message>
  <message>
   <source>encoding the picture…</source>
   <translation>正在编码图片…</translation>
  </message>
  <message>
   <source>engine starting…</source>
   <translation>引擎启动中…</translation>
  </message>
  <message>
   <source>epoch {epoch}</source>
   <translation>第 {epoch} 轮</translation>
  </message>
  <message>
   <source>epoch {epoch} of {epochs}</source>
   <translation>第 {epoch} / {epochs} 轮</translation>
  </message>
  <message>
   <source>everything</source>
   <translation>全部</translation>
  </message>
  <message>
   <source>failed</source>
   <translation>失败</translation>
  </message>
  <message>
   <source>found</source>
   <translation>已找到</translation>
  </message>
  <message>
   <source>from top to bottom</source>
   <translation>自上而下执行</translation>
  </message>
  <message>
   <source>graphics card {share} %</source>
   <translation>显卡 {share} %</translation>
  </message>
  <message>
   <source>group: by folder</source>
   <translation>分组：按文件夹</translation>
  </message>
  <message>
   <source>hand</source>
   <translation>人工</translation>
  </message>
  <message>
   <source>here</source>
   <translation>已就绪</translation>
  </message>
  <message>
   <source>instance</source>
   <translation>实例</translation>
  </message>
  <message>
   <source>interrupted</source>
   <translation>已中断</translation>
  </message>
  <message>
   <source>it has a number that makes no sense</source>
   <translation>其中有不合理的数字</translation>
  </message>
  <message>
   <source>it has a word that is not a number</source>
   <translation>其中有不是数字的内容</translation>
  </message>
  <message>
   <source>it has no box</source>
   <translation>它没有边框</translation>
  </message>
  <message>
   <source>it is a box without an outline</source>
   <translation>它是没有轮廓的边框</translation>
  </message>
  <message>
   <source>it lies outside of the picture</source>
   <translation>它位于图片之外</translation>
  </message>
  <message>
   <source>its class number is not in the list</source>
   <translation>它的类别编号不在类别表中</translation>
  </message>
  <message>
   <source>its coordinates are not between 0 and 1</source>
   <translation>它的坐标不在 0 到 1 之间</translation>
  </message>
  <message>
   <source>its entry is damaged</source>
   <translation>条目已损坏</translation>
  </message>
  <message>
   <source>its line in the list</source>
   <translation>它在列表中的条目</translation>
  </message>
  <message>
   <source>its mask is empty</source>
   <translation>它的掩码为空</translation>
  </message>
  <message>
   <source>its weights are missing</source>
   <translation>缺少权重</translation>
  </message>
  <message>
   <source>its weights are not here yet</source>
   <translation>权重尚未下载</translation>
  </message>
  <message>
   <source>its weights are not here: download them, or start from scratch</source>
   <translation>其权重不在本机：请下载，或从零开始</translation>
  </message>
  <message>
   <source>joined by lines</source>
   <translation>用线相连</translation>
  </message>
  <message>
   <source>key</source>
   <translation>按键</translation>
  </message>
  <message>
   <source>labelme</source>
   <translation>labelme</translation>
  </message>
  <message>
   <source>labels</source>
   <translation>标注</translation>
  </message>
  <message>
   <source>labels of pictures whose names are lost</source>
   <translation>图片名已丢失的标注</translation>
  </message>
  <message>
   <source>labels on void count as wrong</source>
   <translation>未标注处的标注算错误</translation>
  </message>
  <message>
   <source>labels that may be older than the last ones</source>
   <translation>可能不是最新的标注</translation>
  </message>
  <message>
   <source>labels, or the model's answers, of some pictures</source>
   <translation>部分图片的标注或模型结果</translation>
  </message>
  <message>
   <source>left out</source>
   <translation>略过</translation>
  </message>
  <message>
   <source>left out: labels alone</source>
   <translation>不包含：只有标签</translation>
  </message>
  <message>
   <source>lines of the list of pictures</source>
   <translation>图片列表中的若干行</translation>
  </message>
  <message>
   <source>locked objects and marks</source>
   <translation>锁定的对象和标记</translation>
  </message>
  <message>
   <source>looking for a graphics card…</source>
   <translation>正在查找显卡…</translation>
  </message>
  <message>
   <source>looking…</source>
   <translation>正在查找…</translation>
  </message>
  <message>
   <source>map coordinates of pictures that have a georeference</source>
   <translation>带地理参考图片的地图坐标</translation>
  </message>
  <message>
   <source>masks: every pixel as it is</source>
   <translation>掩膜：每个像素原样</translation>
  </message>
  <message>
   <source>mean IoU between the two</source>
   <translation>两者间的平均 IoU</translation>
  </message>
  <message>
   <source>merge</source>
   <translation>合并</translation>
  </message>
  <message>
   <source>merge classes</source>
   <translation>合并类别</translation>
  </message>
  <message>
   <source>model</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>model answer</source>
   <translation>模型结果</translation>
  </message>
  <message>
   <source>model's answer</source>
   <translation>模型结果</translation>
  </message>
  <message>
   <source>moderate</source>
   <translation>中等</translation>
  </message>
  <message>
   <source>move</source>
   <translation>移动</translation>
  </message>
  <message>
   <source>needs no weights</source>
   <translation>无需权重</translation>
  </message>
  <message>
   <source>needs the package transformers</source>
   <translation>需要 transformers 软件包</translation>
  </message>
  <message>
   <source>needs the package transformers: pip install "segdesk[transformers]"</source>
   <translation>需要 transformers 软件包：pip install "segdesk[transformers]"</translation>
  </message>
  <message>
   <source>new</source>
   <translation>新</translation>
  </message>
  <message>
   <source>new colours</source>
   <translation>新颜色</translation>
  </message>
  <message>
   <source>no</source>
   <translation>不可以</translation>
  </message>
  <message>
   <source>no graphics card that models can use: they run on the processor</source>
   <translation>没有模型可用的显卡：在处理器上运行</translation>
  </message>
  <message>
   <source>no label</source>
   <translation>无标签</translation>
  </message>
  <message>
   <source>no public weights</source>
   <translation>无公开权重</translation>
  </message>
  <message>
   <source>no public weights: train it or locate a file</source>
   <translation>无公开权重：请训练或定位文件</translation>
  </message>
  <message>
   <source>no published score</source>
   <translation>无公布的得分</translation>
  </message>
  <message>
   <source>nobody has published weights of it</source>
   <translation>没有公开发布的权重</translation>
  </message>
  <message>
   <source>none</source>
   <translation>无</translation>
  </message>
  <message>
   <source>not begun</source>
   <translation>尚未开始</translation>
  </message>
  <message>
   <source>not divided</source>
   <translation>不划分</translation>
  </message>
  <message>
   <source>not drawn</source>
   <translation>不绘制</translation>
  </message>
  <message>
   <source>not installed</source>
   <translation>未安装</translation>
  </message>
  <message>
   <source>not installed: {command}</source>
   <translation>未安装：{command}</translation>
  </message>
  <message>
   <source>not measured yet</source>
   <translation>尚未测量</translation>
  </message>
  <message>
   <source>not said</source>
   <translation>未说明</translation>
  </message>
  <message>
   <source>notes of model runs</source>
   <translation>模型运行记录</translation>
  </message>
  <message>
   <source>notes of the project</source>
   <translation>项目备注信息</translation>
  </message>
  <message>
   <source>nothing</source>
   <translation>无</translation>
  </message>
  <message>
   <source>object {number}</source>
   <translation>对象 {number}</translation>
  </message>
  <message>
   <source>objects</source>
   <translation>对象</translation>
  </message>
  <message>
   <source>objects alone</source>
   <translation>仅对象</translation>
  </message>
  <message>
   <source>objects and other classes</source>
   <translation>对象和其他类别</translation>
  </message>
  <message>
   <source>objects, and classes that are not counted as a whole</source>
   <translation>对象，以及不计数的类别（整体）</translation>
  </message>
  <message>
   <source>of classes</source>
   <translation>按类别</translation>
  </message>
  <message>
   <source>of the pixels agree</source>
   <translation>的像素一致</translation>
  </message>
  <message>
   <source>of the training data</source>
   <translation>训练数据许可</translation>
  </message>
  <message>
   <source>of the weights</source>
   <translation>权重许可</translation>
  </message>
  <message>
   <source>off</source>
   <translation>关</translation>
  </message>
  <message>
   <source>on</source>
   <translation>开</translation>
  </message>
  <message>
   <source>on from the next start</source>
   <translation>下次启动时开启</translation>
  </message>
  <message>
   <source>on until SegDesk is closed</source>
   <translation>SegDesk 关闭前仍开启</translation>
  </message>
  <message>
   <source>one for each object</source>
   <translation>每个对象一种</translation>
  </message>
  <message>
   <source>one outline for each part</source>
   <translation>每个部分一条轮廓</translation>
  </message>
  <message>
   <source>over 50 M</source>
   <translation>超过 5000 万</translation>
  </message>
  <message>
   <source>own</source>
   <translation>自定义</translation>
  </message>
  <message>
   <source>own shares</source>
   <translation>自定比例</translation>
  </message>
  <message>
   <source>paint this class</source>
   <translation>绘制此类别</translation>
  </message>
  <message>
   <source>panoptic</source>
   <translation>全景</translation>
  </message>
  <message>
   <source>paused</source>
   <translation>已暂停</translation>
  </message>
  <message>
   <source>picture</source>
   <translation>图片</translation>
  </message>
  <message>
   <source>pictures in the list</source>
   <translation>列表中的图片</translation>
  </message>
  <message>
   <source>pictures that failed</source>
   <translation>失败的图片</translation>
  </message>
  <message>
   <source>pictures without labels</source>
   <translation>尚无标注的图片</translation>
  </message>
  <message>
   <source>pixels</source>
   <translation>像素</translation>
  </message>
  <message>
   <source>points of clouds</source>
   <translation>点云的点</translation>
  </message>
  <message>
   <source>polygons; masks for what they cannot hold</source>
   <translation>多边形；无法表示的用掩膜</translation>
  </message>
  <message>
   <source>polygons; run lengths for what has holes</source>
   <translation>多边形；有孔洞的用游程</translation>
  </message>
  <message>
   <source>predicted</source>
   <translation>已预测</translation>
  </message>
  <message>
   <source>processor</source>
   <translation>处理器</translation>
  </message>
  <message>
   <source>processor {share} %</source>
   <translation>处理器 {share} %</translation>
  </message>
  <message>
   <source>project</source>
   <translation>项目</translation>
  </message>
  <message>
   <source>quick</source>
   <translation>快</translation>
  </message>
  <message>
   <source>ready</source>
   <translation>可用</translation>
  </message>
  <message>
   <source>ready here</source>
   <translation>本机可用</translation>
  </message>
  <message>
   <source>recolour</source>
   <translation>换颜色</translation>
  </message>
  <message>
   <source>reference labels</source>
   <translation>参考标注</translation>
  </message>
  <message>
   <source>removed</source>
   <translation>移除</translation>
  </message>
  <message>
   <source>rename</source>
   <translation>重命名</translation>
  </message>
  <message>
   <source>replace labels</source>
   <translation>替换标注</translation>
  </message>
  <message>
   <source>run lengths as numbers</source>
   <translation>数字形式的游程</translation>
  </message>
  <message>
   <source>running</source>
   <translation>运行中</translation>
  </message>
  <message>
   <source>running…</source>
   <translation>运行中…</translation>
  </message>
  <message>
   <source>semantic</source>
   <translation>语义</translation>
  </message>
  <message>
   <source>setting</source>
   <translation>设置</translation>
  </message>
  <message>
   <source>skipped</source>
   <translation>已跳过</translation>
  </message>
  <message>
   <source>slow</source>
   <translation>慢</translation>
  </message>
  <message>
   <source>some of the pictures</source>
   <translation>部分图像</translation>
  </message>
  <message>
   <source>sort</source>
   <translation>排序</translation>
  </message>
  <message>
   <source>stopped</source>
   <translation>已停止</translation>
  </message>
  <message>
   <source>strokes for teaching</source>
   <translation>示教笔画</translation>
  </message>
  <message>
   <source>strokes from labels</source>
   <translation>取自标注的涂画</translation>
  </message>
  <message>
   <source>stuff</source>
   <translation>区域类</translation>
  </message>
  <message>
   <source>sure</source>
   <translation>有把握</translation>
  </message>
  <message>
   <source>sure to {percent} %</source>
   <translation>置信度 {percent} %</translation>
  </message>
  <message>
   <source>test</source>
   <translation>测试</translation>
  </message>
  <message>
   <source>text, as np.savetxt writes it</source>
   <translation>文本（与 np.savetxt 所写相同）</translation>
  </message>
  <message>
   <source>the class of this name</source>
   <translation>同名类别</translation>
  </message>
  <message>
   <source>the list of classes</source>
   <translation>类别列表</translation>
  </message>
  <message>
   <source>the model's answer</source>
   <translation>模型的结果</translation>
  </message>
  <message>
   <source>the model's objects</source>
   <translation>模型的对象</translation>
  </message>
  <message>
   <source>the picture itself</source>
   <translation>图片本身</translation>
  </message>
  <message>
   <source>thing</source>
   <translation>对象类</translation>
  </message>
  <message>
   <source>thing or stuff</source>
   <translation>对象类或区域类</translation>
  </message>
  <message>
   <source>to download</source>
   <translation>待下载</translation>
  </message>
  <message>
   <source>today {time}</source>
   <translation>今天 {time}</translation>
  </message>
  <message>
   <source>tool</source>
   <translation>工具</translation>
  </message>
  <message>
   <source>tool: {name}</source>
   <translation>工具：{name}</translation>
  </message>
  <message>
   <source>train</source>
   <translation>训练</translation>
  </message>
  <message>
   <source>train / val</source>
   <translation>训练 / 验证</translation>
  </message>
  <message>
   <source>train / val / test</source>
   <translation>训练 / 验证 / 测试</translation>
  </message>
  <message>
   <source>under the pointer: {name}</source>
   <translation>光标下：{name}</translation>
  </message>
  <message>
   <source>undo steps</source>
   <translation>撤销步骤</translation>
  </message>
  <message>
   <source>unsure</source>
   <translation>没把握</translation>
  </message>
  <message>
   <source>up to 10 M parameters</source>
   <translation>不超过 1000 万参数</translation>
  </message>
  <message>
   <source>val</source>
   <translation>验证</translation>
  </message>
  <message>
   <source>verified</source>
   <translation>已确认</translation>
  </message>
  <message>
   <source>verified labels</source>
   <translation>已确认的标注</translation>
  </message>
  <message>
   <source>verified, left alone</source>
   <translation>已确认，未改动</translation>
  </message>
  <message>
   <source>void</source>
   <translation>未标注</translation>
  </message>
  <message>
   <source>void is background</source>
   <translation>未标注即背景</translation>
  </message>
  <message>
   <source>void of the reference ignored</source>
   <translation>忽略参考中的未标注</translation>
  </message>
  <message>
   <source>waiting</source>
   <translation>等待中</translation>
  </message>
  <message>
   <source>weights here</source>
   <translation>权重已就绪</translation>
  </message>
  <message>
   <source>weights included</source>
   <translation>自带权重</translation>
  </message>
  <message>
   <source>weights missing</source>
   <translation>缺少权重</translation>
  </message>
  <message>
   <source>weights missing: locate the file</source>
   <translation>缺少权重：请定位文件</translation>
  </message>
  <message>
   <source>where the model was unsure</source>
   <translation>模型不确定之处</translation>
  </message>
  <message>
   <source>white</source>
   <translation>白色</translation>
  </message>
  <message>
   <source>yes</source>
   <translation>可以</translation>
  </message>
  <message>
   <source>yesterday</source>
   <translation>昨天</translation>
  </message>
  <message>
   <source>your labels kept</source>
   <translation>保留了您的标注</translation>
  </message>
  <message>
   <source>{batch} crops of {crop} pixels at a time</source>
   <translation>每批 {batch} 个 {crop} 像素的裁块</translation>
  </message>
  <message>
   <source>{count} M parameters</source>
   <translation>{count} M 参数</translation>
  </message>
  <message>
   <source>{count} MP/s</source>
   <translation>{count} 百万像素/秒</translation>
  </message>
  <message>
   <source>{count} annotations belong to no picture of the file.</source>
   <translation>有 {count} 条标注不属于文件中的任何图片。</translation>
  </message>
  <message>
   <source>{count} classes are not among those of the format; their pixels have no label: {names}.</source>
   <translation>有 {count} 个类别不属于该格式，其像素没有标签：{names}。</translation>
  </message>
  <message>
   <source>{count} classes do not fit 8 bits; the maps have 16 bits, void is 65535.</source>
   <translation>{count} 个类别超出 8 位；标签图为 16 位，未标注为 65535。</translation>
  </message>
  <message>
   <source>{count} classes have no name in any list and are named by their numbers.</source>
   <translation>{count} 个类别在任何列表中都没有名称，以编号命名。</translation>
  </message>
  <message>
   <source>{count} crowd regions are written as single objects.</source>
   <translation>有 {count} 个群体区域写为单个对象。</translation>
  </message>
  <message>
   <source>{count} lines are boxes without an outline and were left out.</source>
   <translation>{count} 行是没有轮廓的边框，已略去。</translation>
  </message>
  <message>
   <source>{count} masks gave their size as width and height; they were turned by their boxes.</source>
   <translation>{count} 个掩码把尺寸写成了“宽、高”，已依据边框校正。</translation>
  </message>
  <message>
   <source>{count} million parameters</source>
   <translation>{count} 百万参数</translation>
  </message>
  <message>
   <source>{count} objects are beyond the {limit} of a class that a picture can hold; they form a group.</source>
   <translation>一张图片每类至多容纳 {limit} 个物体，超出的 {count} 个合为一组。</translation>
  </message>
  <message>
   <source>{count} objects in several parts became one object for each part.</source>
   <translation>{count} 个由多个部分组成的物体按部分拆成了多个物体。</translation>
  </message>
  <message>
   <source>{count} objects in several parts were joined by lines: {changed} of {pixels} pixels differ.</source>
   <translation>{count} 个由多个部分组成的物体用线相连：{pixels} 个像素中有 {changed} 个不同。</translation>
  </message>
  <message>
   <source>{count} objects lie over others; the one with the higher score, else the smaller one, keeps the shared pixels.</source>
   <translation>{count} 个对象与其他对象重叠；重叠的像素归分数较高者，分数相同则归较小者。</translation>
  </message>
  <message>
   <source>{count} objects lie over others; the smaller one keeps the shared pixels.</source>
   <translation>有 {count} 个对象与其他对象重叠；重叠像素归较小的对象。</translation>
  </message>
  <message>
   <source>{count} outlines reached out of their picture and were cut.</source>
   <translation>{count} 条轮廓超出了图片，已裁切。</translation>
  </message>
  <message>
   <source>{count} pages or rows of the file cannot be read.</source>
   <translation>文件中有 {count} 个页面或行无法读取。</translation>
  </message>
  <message>
   <source>{count} pictures have more than {limit} objects; their object maps are 16-bit grey PNGs.</source>
   <translation>有 {count} 张图片的对象超过 {limit} 个；其对象图写为 16 位灰度 PNG。</translation>
  </message>
  <message>
   <source>{count} pictures have no georeference; their coordinates are pixels.</source>
   <translation>{count} 张图片没有地理参考；其坐标为像素。</translation>
  </message>
  <message>
   <source>{count} pictures have no georeference; their masks are plain TIFF.</source>
   <translation>{count} 张图片没有地理参考；其掩膜为普通 TIFF。</translation>
  </message>
  <message>
   <source>{count} pictures have no label file and stay without labels.</source>
   <translation>{count} 张图片没有标签文件，仍无标签。</translation>
  </message>
  <message>
   <source>{count} pictures have no objects in the file; their labels are empty.</source>
   <translation>文件中有 {count} 张图片没有对象；它们的标注为空。</translation>
  </message>
  <message>
   <source>{count} pictures were read from polygons, because there was no PNG.</source>
   <translation>{count} 张图片没有 PNG，标签读自多边形。</translation>
  </message>
  <message>
   <source>{count} pictures were turned upright or encoded anew.</source>
   <translation>有 {count} 张图片已转正或重新编码。</translation>
  </message>
  <message>
   <source>{count} pictures/s</source>
   <translation>{count} 张/秒</translation>
  </message>
  <message>
   <source>{count} polygons reached out of their picture and were cut.</source>
   <translation>有 {count} 个多边形超出图片，已被裁剪。</translation>
  </message>
  <message>
   <source>{count} px</source>
   <translation>{count} 像素</translation>
  </message>
  <message>
   <source>{count} segments have a class that is no longer in the class list and were left out.</source>
   <translation>有 {count} 个区段的类别已不在类别列表中，未予写出。</translation>
  </message>
  <message>
   <source>{count} segments of the PNGs are not in the JSON file and became void.</source>
   <translation>PNG 中有 {count} 个区段不在 JSON 文件里，已设为未标注。</translation>
  </message>
  <message>
   <source>{count} shapes have no area (points, lines) and were left out.</source>
   <translation>{count} 个形状没有面积（点、线），已略过。</translation>
  </message>
  <message>
   <source>{done} of {total}</source>
   <translation>{done} / {total}</translation>
  </message>
  <message>
   <source>{done} of {total} verified</source>
   <translation>{total} 张中已确认 {done} 张</translation>
  </message>
  <message numerus="yes">
   <source>{figure} {first} → {last}, %n picture(s), against {against}.</source>
   <translation>
    <numerusform>{figure} {first} → {last}，%n 张图片，对照{against}。</numerusform>
   </translation>
  </message>
  <message>
   <source>{file} is a TorchScript program.</source>
   <translation>{file} 是 TorchScript 程序。</translation>
  </message>
  <message>
   <source>{folder} holds {net} of the transformers library, which is not among those that run here.</source>
   <translation>{folder} 中是 transformers 库的 {net}，不在可在此运行的模型之列。</translation>
  </message>
  <message>
   <source>{folder} holds {net} with the encoder {encoder} of segmentation_models_pytorch, which is no known architecture.</source>
   <translation>{folder} 包含 segmentation_models_pytorch 的 {net}（编码器 {encoder}），不是已知结构。</translation>
  </message>
  <message>
   <source>{format} can only be exported.</source>
   <translation>{format} 只能导出。</translation>
  </message>
  <message>
   <source>{format} can only be imported.</source>
   <translation>{format} 只能导入。</translation>
  </message>
  <message>
   <source>{format} holds {limit} classes; the project has {count}.</source>
   <translation>{format} 至多容纳 {limit} 个类别；项目有 {count} 个。</translation>
  </message>
  <message numerus="yes">
   <source>{found} of %n model(s)</source>
   <translation>
    <numerusform>{found} / %n 个模型</numerusform>
   </translation>
  </message>
  <message>
   <source>{hours} h {minutes} min</source>
   <translation>{hours} 小时 {minutes} 分</translation>
  </message>
  <message>
   <source>{keys}: only the class under the pointer, and back</source>
   <translation>{keys}：只在光标下的类别上绘制，再按恢复</translation>
  </message>
  <message>
   <source>{key} cannot be given: {what}</source>
   <translation>{key} 不能分配：{what}</translation>
  </message>
  <message>
   <source>{key} cannot be the key of a class.</source>
   <translation>{key} 不能作为类别的按键。</translation>
  </message>
  <message>
   <source>{key} holds from now on.</source>
   <translation>{key} 现已生效。</translation>
  </message>
  <message>
   <source>{key} is the key of “{command}”.</source>
   <translation>{key} 是“{command}”的快捷键。</translation>
  </message>
  <message>
   <source>{metric} on the hold-out</source>
   <translation>保留集上的 {metric}</translation>
  </message>
  <message>
   <source>{minutes} min {seconds} s</source>
   <translation>{minutes} 分 {seconds} 秒</translation>
  </message>
  <message>
   <source>{model} answers clicks and boxes, not words.</source>
   <translation>{model} 只回答点击和画框，不回答文字。</translation>
  </message>
  <message>
   <source>{model} answers words, not clicks.</source>
   <translation>{model} 只回答文字，不回答点击。</translation>
  </message>
  <message>
   <source>{model} cannot be built for these classes: {reason}.</source>
   <translation>无法为这些类别构建 {model}：{reason}。</translation>
  </message>
  <message>
   <source>{model} cannot be trained here: the program does not know the loss of such a network.</source>
   <translation>{model} 无法在此训练：程序不知道这种网络的损失函数。</translation>
  </message>
  <message>
   <source>{model} waits in the queue.</source>
   <translation>{model}已排入队列。</translation>
  </message>
  <message>
   <source>{model}, {time}</source>
   <translation>{model}，{time}</translation>
  </message>
  <message>
   <source>{names}: all their labels in all pictures are given to one class, and the others go.</source>
   <translation>{names}：它们在所有图片中的标注都归入一个类别，其余类别被去掉。</translation>
  </message>
  <message>
   <source>{names}: there are labels of what you delete.</source>
   <translation>{names}：要删除的类别有标注。</translation>
  </message>
  <message>
   <source>{name} (new)</source>
   <translation>{name}（新）</translation>
  </message>
  <message>
   <source>{name} cannot be read: {reason}</source>
   <translation>无法读取 {name}：{reason}</translation>
  </message>
  <message>
   <source>{name} could be any of {count} pictures.</source>
   <translation>{name} 可能对应 {count} 张图片中的任何一张。</translation>
  </message>
  <message>
   <source>{name} could not be fetched: {reason}.</source>
   <translation>无法获取 {name}：{reason}。</translation>
  </message>
  <message>
   <source>{name} exists already.</source>
   <translation>{name} 已经存在。</translation>
  </message>
  <message>
   <source>{name} failed: {reason}.</source>
   <translation>{name} 出错：{reason}。</translation>
  </message>
  <message>
   <source>{name} has a document type, which label files do not need.</source>
   <translation>{name} 含有标签文件不需要的文档类型声明。</translation>
  </message>
  <message>
   <source>{name} has another size than when its strokes were painted.</source>
   <translation>{name} 的尺寸与涂画时不同。</translation>
  </message>
  <message>
   <source>{name} has class numbers that are not in the class list: {numbers}.</source>
   <translation>{name} 中有不在类别列表里的类别编号：{numbers}。</translation>
  </message>
  <message>
   <source>{name} has labels that Cityscapes does not have: {labels}.</source>
   <translation>{name} 含有 Cityscapes 没有的标签：{labels}。</translation>
  </message>
  <message>
   <source>{name} has no column of label pictures.</source>
   <translation>{name} 没有标签图列。</translation>
  </message>
  <message>
   <source>{name} has no label picture.</source>
   <translation>{name} 没有标签图。</translation>
  </message>
  <message>
   <source>{name} has no labels any more.</source>
   <translation>{name} 已没有标签。</translation>
  </message>
  <message>
   <source>{name} has only {count} marked pixels.</source>
   <translation>{name} 只涂画了 {count} 个像素。</translation>
  </message>
  <message>
   <source>{name} has values that are no class or object numbers.</source>
   <translation>{name} 含有不是类别或物体编号的数值。</translation>
  </message>
  <message>
   <source>{name} has {count} objects; a map can hold {limit}.</source>
   <translation>{name} 有 {count} 个对象；一张图最多容纳 {limit} 个。</translation>
  </message>
  <message>
   <source>{name} holds no Cityscapes labels.</source>
   <translation>{name} 中没有 Cityscapes 标签。</translation>
  </message>
  <message>
   <source>{name} holds no GeoJSON files.</source>
   <translation>{name} 中没有 GeoJSON 文件。</translation>
  </message>
  <message>
   <source>{name} holds no JSON files.</source>
   <translation>{name} 中没有 JSON 文件。</translation>
  </message>
  <message>
   <source>{name} holds no Parquet files.</source>
   <translation>{name} 中没有 Parquet 文件。</translation>
  </message>
  <message>
   <source>{name} holds no VOC labels.</source>
   <translation>{name} 中没有 VOC 标注。</translation>
  </message>
  <message>
   <source>{name} holds no annotations of Supervisely.</source>
   <translation>{name} 中没有 Supervisely 标注。</translation>
  </message>
  <message>
   <source>{name} holds no label files.</source>
   <translation>{name} 中没有标签文件。</translation>
  </message>
  <message>
   <source>{name} holds no label pictures.</source>
   <translation>{name} 中没有标注图片。</translation>
  </message>
  <message>
   <source>{name} is a colour picture, not a map of class numbers.</source>
   <translation>{name} 是彩色图片，不是类别编号图。</translation>
  </message>
  <message>
   <source>{name} is a file.</source>
   <translation>{name} 是文件。</translation>
  </message>
  <message>
   <source>{name} is a folder, not a picture.</source>
   <translation>{name} 是文件夹，不是图片。</translation>
  </message>
  <message>
   <source>{name} is a list without images and categories.</source>
   <translation>{name} 是一个没有图片和类别信息的列表。</translation>
  </message>
  <message>
   <source>{name} is cut off or damaged.</source>
   <translation>{name} 不完整或已损坏。</translation>
  </message>
  <message>
   <source>{name} is damaged.</source>
   <translation>{name} 已损坏。</translation>
  </message>
  <message>
   <source>{name} is empty (0 bytes).</source>
   <translation>{name} 是空文件（0 字节）。</translation>
  </message>
  <message>
   <source>{name} is no array of numbers, or it is damaged.</source>
   <translation>{name} 不是数值数组，或已损坏。</translation>
  </message>
  <message>
   <source>{name} is not a COCO annotation file.</source>
   <translation>{name} 不是 COCO 标注文件。</translation>
  </message>
  <message>
   <source>{name} is not a CVAT file for images.</source>
   <translation>{name} 不是 CVAT 图像文件。</translation>
  </message>
  <message>
   <source>{name} is not a JSON export of Label Studio.</source>
   <translation>{name} 不是 Label Studio 的 JSON 导出。</translation>
  </message>
  <message>
   <source>{name} is not a SegDesk project.</source>
   <translation>{name} 不是 SegDesk 项目。</translation>
  </message>
  <message>
   <source>{name} is not a class list.</source>
   <translation>{name} 不是类别列表。</translation>
  </message>
  <message>
   <source>{name} is not a data.yaml of YOLO.</source>
   <translation>{name} 不是 YOLO 的 data.yaml。</translation>
  </message>
  <message>
   <source>{name} is not a file of Datumaro.</source>
   <translation>{name} 不是 Datumaro 文件。</translation>
  </message>
  <message>
   <source>{name} is not a folder.</source>
   <translation>{name} 不是文件夹。</translation>
  </message>
  <message>
   <source>{name} is not a list of classes.</source>
   <translation>{name} 不是类别列表。</translation>
  </message>
  <message>
   <source>{name} is not a panoptic PNG.</source>
   <translation>{name} 不是全景 PNG。</translation>
  </message>
  <message>
   <source>{name} is not a picture, or its beginning is damaged.</source>
   <translation>{name} 不是图片，或文件开头已损坏。</translation>
  </message>
  <message>
   <source>{name} is not a point cloud.</source>
   <translation>{name} 不是点云文件。</translation>
  </message>
  <message>
   <source>{name} is not a polygon file of Cityscapes.</source>
   <translation>{name} 不是 Cityscapes 的多边形文件。</translation>
  </message>
  <message>
   <source>{name} is not a taught model.</source>
   <translation>{name} 不是教成的模型。</translation>
  </message>
  <message>
   <source>{name} is not a text file.</source>
   <translation>{name} 不是文本文件。</translation>
  </message>
  <message>
   <source>{name} is not an XML file, or it is damaged.</source>
   <translation>{name} 不是 XML 文件，或已损坏。</translation>
  </message>
  <message>
   <source>{name} is not in the project any more.</source>
   <translation>{name} 已不在项目中。</translation>
  </message>
  <message>
   <source>{name} is not there.</source>
   <translation>{name} 不存在。</translation>
  </message>
  <message>
   <source>{name} is now {width} x {height} pixels, but its labels were made for {old_width} x {old_height}.</source>
   <translation>{name} 现在是 {width} x {height} 像素，但其标注对应的是 {old_width} x {old_height}。</translation>
  </message>
  <message>
   <source>{name} is on a read-only medium.</source>
   <translation>{name} 位于只读介质上。</translation>
  </message>
  <message>
   <source>{name} is too large for a label file.</source>
   <translation>{name} 过大，不像标签文件。</translation>
  </message>
  <message>
   <source>{name} is too large for a list of classes.</source>
   <translation>{name} 过大，不像类别表。</translation>
  </message>
  <message>
   <source>{name} is too large to open: {width} x {height} pixels.</source>
   <translation>{name} 太大，无法打开：{width} x {height} 像素。</translation>
  </message>
  <message>
   <source>{name} is {width} x {height} pixels, the labels are {other_width} x {other_height}.</source>
   <translation>{name} 为 {width} x {height} 像素，标注却是 {other_width} x {other_height}。</translation>
  </message>
  <message>
   <source>{name} lists no pictures.</source>
   <translation>{name} 没有列出任何图片。</translation>
  </message>
  <message>
   <source>{name} occurs more than once in the file; the first one was taken.</source>
   <translation>{name} 在文件中出现多次，只取第一个。</translation>
  </message>
  <message>
   <source>{name} tells {found} classes apart, its card names {wanted}.</source>
   <translation>{name} 能区分 {found} 个类别，而其模型卡列出 {wanted} 个。</translation>
  </message>
  <message>
   <source>{name} was corrected by a person and keeps its labels.</source>
   <translation>{name} 已经人工修正，其标注保持不变。</translation>
  </message>
  <message>
   <source>{name} was left out.</source>
   <translation>已排除 {name}。</translation>
  </message>
  <message>
   <source>{name} was taught by another version of the program.</source>
   <translation>{name} 由本程序的另一版本教成。</translation>
  </message>
  <message>
   <source>{name}, as one region</source>
   <translation>{name}，合为一个区域</translation>
  </message>
  <message>
   <source>{name}, object {number}</source>
   <translation>{name}，对象 {number}</translation>
  </message>
  <message numerus="yes">
   <source>{name}: {share} % of the pixels, in %n picture(s)</source>
   <translation>
    <numerusform>{name}：占像素 {share} %，见于 %n 张图片</numerusform>
   </translation>
  </message>
  <message>
   <source>{path} does not exist.</source>
   <translation>{path} 不存在。</translation>
  </message>
  <message>
   <source>{percent} %</source>
   <translation>{percent}%</translation>
  </message>
  <message>
   <source>{pictures} pictures and {maps} label maps were recovered; the damaged file is as it was. Damaged are:</source>
   <translation>已恢复 {pictures} 张图片和 {maps} 个标注图；损坏的文件保持原样。已损坏的有：</translation>
  </message>
  <message>
   <source>{place} cannot be reached: {reason}.</source>
   <translation>无法访问 {place}：{reason}。</translation>
  </message>
  <message>
   <source>{right}, judged as {judged}</source>
   <translation>{right}，被判为 {judged}</translation>
  </message>
  <message>
   <source>{rule} is no regular expression: {reason}.</source>
   <translation>{rule} 不是正则表达式：{reason}。</translation>
  </message>
  <message>
   <source>{seconds} s</source>
   <translation>{seconds} 秒</translation>
  </message>
  <message>
   <source>{seconds} s on a copy of {size} MP</source>
   <translation>在 {size} 百万像素的副本上用时 {seconds} 秒</translation>
  </message>
  <message>
   <source>{seconds} s/MP here</source>
   <translation>本机 {seconds} 秒/百万像素</translation>
  </message>
  <message>
   <source>{state}; about {time} left</source>
   <translation>{state}；约剩 {time}</translation>
  </message>
  <message>
   <source>{state}; paused</source>
   <translation>{state}；已暂停</translation>
  </message>
  <message>
   <source>{value} is no value of the option {option}; there are {values}.</source>
   <translation>选项 {option} 没有 {value} 这个值；可用的有 {values}。</translation>
  </message>
  <message>
   <source>{width} × {height} pixels</source>
   <translation>{width} × {height} 像素</translation>
  </message>
  <message>
   <source>{words}. “Copy details” has what is needed to report it.</source>
   <translation>{words}。“复制详情”包含报告此问题所需的内容。</translation>
  </message>
  <message>
   <source>{wrong} of {judged} pixels differ</source>
   <translation>{judged} 像素中有 {wrong} 像素不同</translation>
  </message>
  <message>
   <source>“Compare” judges all pictures that have both kinds of labels: figures, classes, and what was mistaken.</source>
   <translation>点击“比较”会评估所有同时具有两种标注的图片：给出指标、各类别结果以及混淆情况。</translation>
  </message>
  <message>
   <source>“Preview” shows it on the open picture. The project stays as it is.</source>
   <translation>“预览”会显示它在打开图片上的效果。项目保持不变。</translation>
  </message>
  <message>
   <source>“Run on all” begins one with the chosen model; more can wait in the queue behind it.</source>
   <translation>“处理全部”用所选模型开始一个运行；更多运行可在队列中等待。</translation>
  </message>
  <message>
   <source>↑ ↓ choose    Enter does it    Esc closes</source>
   <translation>↑ ↓ 选择    Enter 执行    Esc 关闭</translation>
  </message>
  <message>
   <source>−1 to 1</source>
   <translation>−1 到 1</translation>
  </message>
 </context>
</TS>
