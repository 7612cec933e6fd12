; Written by experiments/kernels.py of exact.c, whose SHA-256 is aa891f4e6905e52d12583942a966abecdc664e518c627edcfa04d362c901b0b4.
define dso_local void @resize(ptr noalias noundef %0, i64 noundef %1, i64 noundef %2, i64 noundef %3, ptr noalias noundef %4, ptr noalias noundef %5, ptr noalias noundef %6, i64 noundef %7, ptr noalias noundef %8, ptr noalias noundef %9, ptr noalias noundef %10, i64 noundef %11, i64 noundef %12, i64 noundef %13, ptr noalias noundef %14, ptr noalias noundef %15, ptr noalias noundef %16) {
  %18 = alloca ptr, align 8
  %19 = alloca i64, align 8
  %20 = alloca i64, align 8
  %21 = alloca i64, align 8
  %22 = alloca ptr, align 8
  %23 = alloca ptr, align 8
  %24 = alloca ptr, align 8
  %25 = alloca i64, align 8
  %26 = alloca ptr, align 8
  %27 = alloca ptr, align 8
  %28 = alloca ptr, align 8
  %29 = alloca i64, align 8
  %30 = alloca i64, align 8
  %31 = alloca i64, align 8
  %32 = alloca ptr, align 8
  %33 = alloca ptr, align 8
  %34 = alloca ptr, align 8
  %35 = alloca i64, align 8
  %36 = alloca i64, align 8
  %37 = alloca i64, align 8
  %38 = alloca i64, align 8
  %39 = alloca i64, align 8
  %40 = alloca ptr, align 8
  %41 = alloca i64, align 8
  %42 = alloca ptr, align 8
  %43 = alloca i64, align 8
  %44 = alloca i64, align 8
  %45 = alloca ptr, align 8
  %46 = alloca ptr, align 8
  %47 = alloca i64, align 8
  %48 = alloca ptr, align 8
  %49 = alloca <16 x i8>, align 1
  %50 = alloca i64, align 8
  %51 = alloca i64, align 8
  %52 = alloca i64, align 8
  %53 = alloca ptr, align 8
  %54 = alloca ptr, align 8
  %55 = alloca i64, align 8
  store ptr %0, ptr %18, align 8
  store i64 %1, ptr %19, align 8
  store i64 %2, ptr %20, align 8
  store i64 %3, ptr %21, align 8
  store ptr %4, ptr %22, align 8
  store ptr %5, ptr %23, align 8
  store ptr %6, ptr %24, align 8
  store i64 %7, ptr %25, align 8
  store ptr %8, ptr %26, align 8
  store ptr %9, ptr %27, align 8
  store ptr %10, ptr %28, align 8
  store i64 %11, ptr %29, align 8
  store i64 %12, ptr %30, align 8
  store i64 %13, ptr %31, align 8
  store ptr %14, ptr %32, align 8
  store ptr %15, ptr %33, align 8
  store ptr %16, ptr %34, align 8
  %56 = load i64, ptr %21, align 8
  %57 = icmp eq i64 %56, 1
  %58 = zext i1 %57 to i64
  %59 = select i1 %57, i32 1, i32 3
  %60 = sext i32 %59 to i64
  store i64 %60, ptr %35, align 8
  %61 = load i64, ptr %31, align 8
  %62 = add nsw i64 %61, 16
  %63 = sub nsw i64 %62, 1
  %64 = sdiv i64 %63, 16
  %65 = mul nsw i64 %64, 16
  store i64 %65, ptr %36, align 8
  store i64 0, ptr %37, align 8
  br label %66

66:                                               ; preds = %208, %17
  %67 = load i64, ptr %37, align 8
  %68 = load i64, ptr %19, align 8
  %69 = icmp slt i64 %67, %68
  br i1 %69, label %70, label %211

70:                                               ; preds = %66
  %71 = load i64, ptr %19, align 8
  %72 = load i64, ptr %37, align 8
  %73 = sub nsw i64 %71, %72
  %74 = icmp slt i64 %73, 16
  br i1 %74, label %75, label %79

75:                                               ; preds = %70
  %76 = load i64, ptr %19, align 8
  %77 = load i64, ptr %37, align 8
  %78 = sub nsw i64 %76, %77
  br label %80

79:                                               ; preds = %70
  br label %80

80:                                               ; preds = %79, %75
  %81 = phi i64 [ %78, %75 ], [ 16, %79 ]
  store i64 %81, ptr %38, align 8
  store i64 0, ptr %39, align 8
  br label %82

82:                                               ; preds = %134, %80
  %83 = load i64, ptr %39, align 8
  %84 = load i64, ptr %38, align 8
  %85 = icmp slt i64 %83, %84
  br i1 %85, label %86, label %137

86:                                               ; preds = %82
  %87 = load ptr, ptr %18, align 8
  %88 = load i64, ptr %37, align 8
  %89 = load i64, ptr %39, align 8
  %90 = add nsw i64 %88, %89
  %91 = load i64, ptr %20, align 8
  %92 = mul nsw i64 %90, %91
  %93 = load i64, ptr %21, align 8
  %94 = mul nsw i64 %92, %93
  %95 = getelementptr inbounds i8, ptr %87, i64 %94
  store ptr %95, ptr %40, align 8
  store i64 0, ptr %41, align 8
  br label %96

96:                                               ; preds = %130, %86
  %97 = load i64, ptr %41, align 8
  %98 = load i64, ptr %35, align 8
  %99 = icmp slt i64 %97, %98
  br i1 %99, label %100, label %133

100:                                              ; preds = %96
  %101 = load ptr, ptr %32, align 8
  %102 = load i64, ptr %41, align 8
  %103 = load i64, ptr %20, align 8
  %104 = mul nsw i64 %102, %103
  %105 = mul nsw i64 %104, 16
  %106 = getelementptr inbounds i8, ptr %101, i64 %105
  %107 = load i64, ptr %39, align 8
  %108 = getelementptr inbounds i8, ptr %106, i64 %107
  store ptr %108, ptr %42, align 8
  store i64 0, ptr %43, align 8
  br label %109

109:                                              ; preds = %126, %100
  %110 = load i64, ptr %43, align 8
  %111 = load i64, ptr %20, align 8
  %112 = icmp slt i64 %110, %111
  br i1 %112, label %113, label %129

113:                                              ; preds = %109
  %114 = load ptr, ptr %40, align 8
  %115 = load i64, ptr %43, align 8
  %116 = load i64, ptr %21, align 8
  %117 = mul nsw i64 %115, %116
  %118 = load i64, ptr %41, align 8
  %119 = add nsw i64 %117, %118
  %120 = getelementptr inbounds i8, ptr %114, i64 %119
  %121 = load i8, ptr %120, align 1
  %122 = load ptr, ptr %42, align 8
  %123 = load i64, ptr %43, align 8
  %124 = mul nsw i64 %123, 16
  %125 = getelementptr inbounds i8, ptr %122, i64 %124
  store i8 %121, ptr %125, align 1
  br label %126

126:                                              ; preds = %113
  %127 = load i64, ptr %43, align 8
  %128 = add nsw i64 %127, 1
  store i64 %128, ptr %43, align 8
  br label %109

129:                                              ; preds = %109
  br label %130

130:                                              ; preds = %129
  %131 = load i64, ptr %41, align 8
  %132 = add nsw i64 %131, 1
  store i64 %132, ptr %41, align 8
  br label %96

133:                                              ; preds = %96
  br label %134

134:                                              ; preds = %133
  %135 = load i64, ptr %39, align 8
  %136 = add nsw i64 %135, 1
  store i64 %136, ptr %39, align 8
  br label %82

137:                                              ; preds = %82
  store i64 0, ptr %44, align 8
  br label %138

138:                                              ; preds = %204, %137
  %139 = load i64, ptr %44, align 8
  %140 = load i64, ptr %35, align 8
  %141 = icmp slt i64 %139, %140
  br i1 %141, label %142, label %207

142:                                              ; preds = %138
  %143 = load ptr, ptr %32, align 8
  %144 = load i64, ptr %44, align 8
  %145 = load i64, ptr %20, align 8
  %146 = mul nsw i64 %144, %145
  %147 = mul nsw i64 %146, 16
  %148 = getelementptr inbounds i8, ptr %143, i64 %147
  store ptr %148, ptr %45, align 8
  %149 = load ptr, ptr %33, align 8
  %150 = load i64, ptr %44, align 8
  %151 = load i64, ptr %19, align 8
  %152 = mul nsw i64 %150, %151
  %153 = load i64, ptr %37, align 8
  %154 = add nsw i64 %152, %153
  %155 = load i64, ptr %36, align 8
  %156 = mul nsw i64 %154, %155
  %157 = getelementptr inbounds i8, ptr %149, i64 %156
  store ptr %157, ptr %46, align 8
  store i64 0, ptr %47, align 8
  br label %158

158:                                              ; preds = %200, %142
  %159 = load i64, ptr %47, align 8
  %160 = load i64, ptr %31, align 8
  %161 = icmp slt i64 %159, %160
  br i1 %161, label %162, label %203

162:                                              ; preds = %158
  %163 = load ptr, ptr %24, align 8
  %164 = load i64, ptr %47, align 8
  %165 = load i64, ptr %25, align 8
  %166 = mul nsw i64 %164, %165
  %167 = getelementptr inbounds i32, ptr %163, i64 %166
  store ptr %167, ptr %48, align 8
  %168 = load ptr, ptr %45, align 8
  %169 = load ptr, ptr %22, align 8
  %170 = load i64, ptr %47, align 8
  %171 = getelementptr inbounds i64, ptr %169, i64 %170
  %172 = load i64, ptr %171, align 8
  %173 = mul nsw i64 %172, 16
  %174 = getelementptr inbounds i8, ptr %168, i64 %173
  %175 = load ptr, ptr %48, align 8
  %176 = load ptr, ptr %23, align 8
  %177 = load i64, ptr %47, align 8
  %178 = getelementptr inbounds i64, ptr %176, i64 %177
  %179 = load i64, ptr %178, align 8
  %180 = call <16 x i8> @weighted(ptr noundef %174, i64 noundef 16, ptr noundef %175, i64 noundef %179)
  store <16 x i8> %180, ptr %49, align 1
  store i64 0, ptr %50, align 8
  br label %181

181:                                              ; preds = %196, %162
  %182 = load i64, ptr %50, align 8
  %183 = load i64, ptr %38, align 8
  %184 = icmp slt i64 %182, %183
  br i1 %184, label %185, label %199

185:                                              ; preds = %181
  %186 = load <16 x i8>, ptr %49, align 1
  %187 = load i64, ptr %50, align 8
  %188 = extractelement <16 x i8> %186, i64 %187
  %189 = load ptr, ptr %46, align 8
  %190 = load i64, ptr %50, align 8
  %191 = load i64, ptr %36, align 8
  %192 = mul nsw i64 %190, %191
  %193 = load i64, ptr %47, align 8
  %194 = add nsw i64 %192, %193
  %195 = getelementptr inbounds i8, ptr %189, i64 %194
  store i8 %188, ptr %195, align 1
  br label %196

196:                                              ; preds = %185
  %197 = load i64, ptr %50, align 8
  %198 = add nsw i64 %197, 1
  store i64 %198, ptr %50, align 8
  br label %181

199:                                              ; preds = %181
  br label %200

200:                                              ; preds = %199
  %201 = load i64, ptr %47, align 8
  %202 = add nsw i64 %201, 1
  store i64 %202, ptr %47, align 8
  br label %158

203:                                              ; preds = %158
  br label %204

204:                                              ; preds = %203
  %205 = load i64, ptr %44, align 8
  %206 = add nsw i64 %205, 1
  store i64 %206, ptr %44, align 8
  br label %138

207:                                              ; preds = %138
  br label %208

208:                                              ; preds = %207
  %209 = load i64, ptr %37, align 8
  %210 = add nsw i64 %209, 16
  store i64 %210, ptr %37, align 8
  br label %66

211:                                              ; preds = %66
  store i64 0, ptr %51, align 8
  br label %212

212:                                              ; preds = %273, %211
  %213 = load i64, ptr %51, align 8
  %214 = load i64, ptr %35, align 8
  %215 = icmp slt i64 %213, %214
  br i1 %215, label %216, label %276

216:                                              ; preds = %212
  store i64 0, ptr %52, align 8
  br label %217

217:                                              ; preds = %269, %216
  %218 = load i64, ptr %52, align 8
  %219 = load i64, ptr %30, align 8
  %220 = icmp slt i64 %218, %219
  br i1 %220, label %221, label %272

221:                                              ; preds = %217
  %222 = load ptr, ptr %33, align 8
  %223 = load i64, ptr %51, align 8
  %224 = load i64, ptr %19, align 8
  %225 = mul nsw i64 %223, %224
  %226 = load ptr, ptr %26, align 8
  %227 = load i64, ptr %52, align 8
  %228 = getelementptr inbounds i64, ptr %226, i64 %227
  %229 = load i64, ptr %228, align 8
  %230 = add nsw i64 %225, %229
  %231 = load i64, ptr %36, align 8
  %232 = mul nsw i64 %230, %231
  %233 = getelementptr inbounds i8, ptr %222, i64 %232
  store ptr %233, ptr %53, align 8
  %234 = load ptr, ptr %34, align 8
  %235 = load i64, ptr %51, align 8
  %236 = load i64, ptr %30, align 8
  %237 = mul nsw i64 %235, %236
  %238 = load i64, ptr %52, align 8
  %239 = add nsw i64 %237, %238
  %240 = load i64, ptr %36, align 8
  %241 = mul nsw i64 %239, %240
  %242 = getelementptr inbounds i8, ptr %234, i64 %241
  store ptr %242, ptr %54, align 8
  store i64 0, ptr %55, align 8
  br label %243

243:                                              ; preds = %265, %221
  %244 = load i64, ptr %55, align 8
  %245 = load i64, ptr %31, align 8
  %246 = icmp slt i64 %244, %245
  br i1 %246, label %247, label %268

247:                                              ; preds = %243
  %248 = load ptr, ptr %53, align 8
  %249 = load i64, ptr %55, align 8
  %250 = getelementptr inbounds i8, ptr %248, i64 %249
  %251 = load i64, ptr %36, align 8
  %252 = load ptr, ptr %28, align 8
  %253 = load i64, ptr %52, align 8
  %254 = load i64, ptr %29, align 8
  %255 = mul nsw i64 %253, %254
  %256 = getelementptr inbounds i32, ptr %252, i64 %255
  %257 = load ptr, ptr %27, align 8
  %258 = load i64, ptr %52, align 8
  %259 = getelementptr inbounds i64, ptr %257, i64 %258
  %260 = load i64, ptr %259, align 8
  %261 = call <16 x i8> @weighted(ptr noundef %250, i64 noundef %251, ptr noundef %256, i64 noundef %260)
  %262 = load ptr, ptr %54, align 8
  %263 = load i64, ptr %55, align 8
  %264 = getelementptr inbounds i8, ptr %262, i64 %263
  store <16 x i8> %261, ptr %264, align 1
  br label %265

265:                                              ; preds = %247
  %266 = load i64, ptr %55, align 8
  %267 = add nsw i64 %266, 16
  store i64 %267, ptr %55, align 8
  br label %243

268:                                              ; preds = %243
  br label %269

269:                                              ; preds = %268
  %270 = load i64, ptr %52, align 8
  %271 = add nsw i64 %270, 1
  store i64 %271, ptr %52, align 8
  br label %217

272:                                              ; preds = %217
  br label %273

273:                                              ; preds = %272
  %274 = load i64, ptr %51, align 8
  %275 = add nsw i64 %274, 1
  store i64 %275, ptr %51, align 8
  br label %212

276:                                              ; preds = %212
  ret void
}

define internal <16 x i8> @weighted(ptr noundef %0, i64 noundef %1, ptr noundef %2, i64 noundef %3) {
  %5 = alloca ptr, align 8
  %6 = alloca i64, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca <16 x i32>, align 64
  %10 = alloca <16 x i32>, align 64
  %11 = alloca i64, align 8
  %12 = alloca <16 x i32>, align 64
  store ptr %0, ptr %5, align 8
  store i64 %1, ptr %6, align 8
  store ptr %2, ptr %7, align 8
  store i64 %3, ptr %8, align 8
  store <16 x i32> zeroinitializer, ptr %10, align 64
  %13 = load <16 x i32>, ptr %10, align 64
  %14 = add <16 x i32> %13, splat (i32 2097152)
  store <16 x i32> %14, ptr %9, align 64
  store i64 0, ptr %11, align 8
  br label %15

15:                                               ; preds = %36, %4
  %16 = load i64, ptr %11, align 8
  %17 = load i64, ptr %8, align 8
  %18 = icmp slt i64 %16, %17
  br i1 %18, label %19, label %39

19:                                               ; preds = %15
  %20 = load ptr, ptr %5, align 8
  %21 = load i64, ptr %11, align 8
  %22 = load i64, ptr %6, align 8
  %23 = mul nsw i64 %21, %22
  %24 = getelementptr inbounds i8, ptr %20, i64 %23
  %25 = load <16 x i8>, ptr %24, align 1
  %26 = zext <16 x i8> %25 to <16 x i32>
  %27 = load ptr, ptr %7, align 8
  %28 = load i64, ptr %11, align 8
  %29 = getelementptr inbounds i32, ptr %27, i64 %28
  %30 = load i32, ptr %29, align 4
  %31 = insertelement <16 x i32> poison, i32 %30, i64 0
  %32 = shufflevector <16 x i32> %31, <16 x i32> poison, <16 x i32> zeroinitializer
  %33 = mul <16 x i32> %26, %32
  %34 = load <16 x i32>, ptr %9, align 64
  %35 = add <16 x i32> %34, %33
  store <16 x i32> %35, ptr %9, align 64
  br label %36

36:                                               ; preds = %19
  %37 = load i64, ptr %11, align 8
  %38 = add nsw i64 %37, 1
  store i64 %38, ptr %11, align 8
  br label %15

39:                                               ; preds = %15
  %40 = load <16 x i32>, ptr %9, align 64
  store <16 x i32> %40, ptr %12, align 64
  %41 = call <16 x i8> @clipped(ptr noundef byval(<16 x i32>) align 64 %12)
  ret <16 x i8> %41
}

define dso_local void @fit_lines(ptr noalias noundef %0, ptr noalias noundef %1, i64 noundef %2, i64 noundef %3, i64 noundef %4, i64 noundef %5, float noundef %6, ptr noalias noundef %7, ptr noalias noundef %8, ptr noalias noundef %9, ptr noalias noundef %10, ptr noalias noundef %11) {
  %13 = alloca ptr, align 8
  %14 = alloca ptr, align 8
  %15 = alloca i64, align 8
  %16 = alloca i64, align 8
  %17 = alloca i64, align 8
  %18 = alloca i64, align 8
  %19 = alloca float, align 4
  %20 = alloca ptr, align 8
  %21 = alloca ptr, align 8
  %22 = alloca ptr, align 8
  %23 = alloca ptr, align 8
  %24 = alloca ptr, align 8
  %25 = alloca i64, align 8
  %26 = alloca i64, align 8
  %27 = alloca ptr, align 8
  %28 = alloca ptr, align 8
  %29 = alloca i64, align 8
  %30 = alloca i64, align 8
  %31 = alloca ptr, align 8
  %32 = alloca ptr, align 8
  %33 = alloca i64, align 8
  %34 = alloca float, align 4
  %35 = alloca float, align 4
  %36 = alloca float, align 4
  %37 = alloca float, align 4
  %38 = alloca i64, align 8
  %39 = alloca ptr, align 8
  store ptr %0, ptr %13, align 8
  store ptr %1, ptr %14, align 8
  store i64 %2, ptr %15, align 8
  store i64 %3, ptr %16, align 8
  store i64 %4, ptr %17, align 8
  store i64 %5, ptr %18, align 8
  store float %6, ptr %19, align 4
  store ptr %7, ptr %20, align 8
  store ptr %8, ptr %21, align 8
  store ptr %9, ptr %22, align 8
  store ptr %10, ptr %23, align 8
  store ptr %11, ptr %24, align 8
  %40 = load i64, ptr %15, align 8
  %41 = load i64, ptr %16, align 8
  %42 = mul nsw i64 %40, %41
  store i64 %42, ptr %25, align 8
  store i64 0, ptr %26, align 8
  br label %43

43:                                               ; preds = %117, %12
  %44 = load i64, ptr %26, align 8
  %45 = icmp slt i64 %44, 6
  br i1 %45, label %46, label %120

46:                                               ; preds = %43
  %47 = load i64, ptr %26, align 8
  %48 = icmp eq i64 %47, 0
  br i1 %48, label %55, label %49

49:                                               ; preds = %46
  %50 = load i64, ptr %26, align 8
  %51 = icmp eq i64 %50, 2
  br i1 %51, label %55, label %52

52:                                               ; preds = %49
  %53 = load i64, ptr %26, align 8
  %54 = icmp eq i64 %53, 4
  br i1 %54, label %55, label %56

55:                                               ; preds = %52, %49, %46
  br label %58

56:                                               ; preds = %52
  %57 = load ptr, ptr %13, align 8
  br label %58

58:                                               ; preds = %56, %55
  %59 = phi ptr [ null, %55 ], [ %57, %56 ]
  store ptr %59, ptr %27, align 8
  %60 = load i64, ptr %26, align 8
  %61 = icmp slt i64 %60, 2
  br i1 %61, label %62, label %64

62:                                               ; preds = %58
  %63 = load ptr, ptr %13, align 8
  br label %72

64:                                               ; preds = %58
  %65 = load ptr, ptr %14, align 8
  %66 = load i64, ptr %26, align 8
  %67 = sdiv i64 %66, 2
  %68 = sub nsw i64 %67, 1
  %69 = load i64, ptr %25, align 8
  %70 = mul nsw i64 %68, %69
  %71 = getelementptr inbounds float, ptr %65, i64 %70
  br label %72

72:                                               ; preds = %64, %62
  %73 = phi ptr [ %63, %62 ], [ %71, %64 ]
  store ptr %73, ptr %28, align 8
  store i64 0, ptr %29, align 8
  br label %74

74:                                               ; preds = %101, %72
  %75 = load i64, ptr %29, align 8
  %76 = load i64, ptr %25, align 8
  %77 = icmp slt i64 %75, %76
  br i1 %77, label %78, label %104

78:                                               ; preds = %74
  %79 = load ptr, ptr %27, align 8
  %80 = icmp ne ptr %79, null
  br i1 %80, label %81, label %91

81:                                               ; preds = %78
  %82 = load ptr, ptr %27, align 8
  %83 = load i64, ptr %29, align 8
  %84 = getelementptr inbounds float, ptr %82, i64 %83
  %85 = load float, ptr %84, align 4
  %86 = load ptr, ptr %28, align 8
  %87 = load i64, ptr %29, align 8
  %88 = getelementptr inbounds float, ptr %86, i64 %87
  %89 = load float, ptr %88, align 4
  %90 = fmul float %85, %89
  br label %96

91:                                               ; preds = %78
  %92 = load ptr, ptr %28, align 8
  %93 = load i64, ptr %29, align 8
  %94 = getelementptr inbounds float, ptr %92, i64 %93
  %95 = load float, ptr %94, align 4
  br label %96

96:                                               ; preds = %91, %81
  %97 = phi float [ %90, %81 ], [ %95, %91 ]
  %98 = load ptr, ptr %21, align 8
  %99 = load i64, ptr %29, align 8
  %100 = getelementptr inbounds float, ptr %98, i64 %99
  store float %97, ptr %100, align 4
  br label %101

101:                                              ; preds = %96
  %102 = load i64, ptr %29, align 8
  %103 = add nsw i64 %102, 1
  store i64 %103, ptr %29, align 8
  br label %74

104:                                              ; preds = %74
  %105 = load ptr, ptr %21, align 8
  %106 = load i64, ptr %15, align 8
  %107 = load i64, ptr %16, align 8
  %108 = load i64, ptr %17, align 8
  %109 = load i64, ptr %18, align 8
  %110 = load ptr, ptr %20, align 8
  %111 = load ptr, ptr %22, align 8
  %112 = load ptr, ptr %23, align 8
  %113 = load i64, ptr %26, align 8
  %114 = load i64, ptr %25, align 8
  %115 = mul nsw i64 %113, %114
  %116 = getelementptr inbounds float, ptr %112, i64 %115
  call void @box(ptr noundef %105, i64 noundef %106, i64 noundef %107, i64 noundef %108, i64 noundef %109, ptr noundef %110, ptr noundef %111, ptr noundef %116)
  br label %117

117:                                              ; preds = %104
  %118 = load i64, ptr %26, align 8
  %119 = add nsw i64 %118, 1
  store i64 %119, ptr %26, align 8
  br label %43

120:                                              ; preds = %43
  store i64 0, ptr %30, align 8
  br label %121

121:                                              ; preds = %193, %120
  %122 = load i64, ptr %30, align 8
  %123 = icmp slt i64 %122, 2
  br i1 %123, label %124, label %196

124:                                              ; preds = %121
  %125 = load ptr, ptr %23, align 8
  %126 = load i64, ptr %30, align 8
  %127 = mul nsw i64 2, %126
  %128 = add nsw i64 %127, 3
  %129 = load i64, ptr %25, align 8
  %130 = mul nsw i64 %128, %129
  %131 = getelementptr inbounds float, ptr %125, i64 %130
  store ptr %131, ptr %31, align 8
  %132 = load ptr, ptr %23, align 8
  %133 = load i64, ptr %30, align 8
  %134 = mul nsw i64 2, %133
  %135 = add nsw i64 %134, 2
  %136 = load i64, ptr %25, align 8
  %137 = mul nsw i64 %135, %136
  %138 = getelementptr inbounds float, ptr %132, i64 %137
  store ptr %138, ptr %32, align 8
  store i64 0, ptr %33, align 8
  br label %139

139:                                              ; preds = %189, %124
  %140 = load i64, ptr %33, align 8
  %141 = load i64, ptr %25, align 8
  %142 = icmp slt i64 %140, %141
  br i1 %142, label %143, label %192

143:                                              ; preds = %139
  %144 = load ptr, ptr %23, align 8
  %145 = load i64, ptr %33, align 8
  %146 = getelementptr inbounds float, ptr %144, i64 %145
  %147 = load float, ptr %146, align 4
  store float %147, ptr %34, align 4
  %148 = load ptr, ptr %32, align 8
  %149 = load i64, ptr %33, align 8
  %150 = getelementptr inbounds float, ptr %148, i64 %149
  %151 = load float, ptr %150, align 4
  store float %151, ptr %35, align 4
  %152 = load ptr, ptr %23, align 8
  %153 = load i64, ptr %25, align 8
  %154 = load i64, ptr %33, align 8
  %155 = add nsw i64 %153, %154
  %156 = getelementptr inbounds float, ptr %152, i64 %155
  %157 = load float, ptr %156, align 4
  %158 = load float, ptr %34, align 4
  %159 = load float, ptr %34, align 4
  %160 = fmul float %158, %159
  %161 = fsub float %157, %160
  store float %161, ptr %36, align 4
  %162 = load ptr, ptr %31, align 8
  %163 = load i64, ptr %33, align 8
  %164 = getelementptr inbounds float, ptr %162, i64 %163
  %165 = load float, ptr %164, align 4
  %166 = load float, ptr %34, align 4
  %167 = load float, ptr %35, align 4
  %168 = fmul float %166, %167
  %169 = fsub float %165, %168
  store float %169, ptr %37, align 4
  %170 = load float, ptr %37, align 4
  %171 = load float, ptr %36, align 4
  %172 = load float, ptr %19, align 4
  %173 = fadd float %171, %172
  %174 = fdiv float %170, %173
  %175 = load ptr, ptr %31, align 8
  %176 = load i64, ptr %33, align 8
  %177 = getelementptr inbounds float, ptr %175, i64 %176
  store float %174, ptr %177, align 4
  %178 = load float, ptr %35, align 4
  %179 = load ptr, ptr %31, align 8
  %180 = load i64, ptr %33, align 8
  %181 = getelementptr inbounds float, ptr %179, i64 %180
  %182 = load float, ptr %181, align 4
  %183 = load float, ptr %34, align 4
  %184 = fmul float %182, %183
  %185 = fsub float %178, %184
  %186 = load ptr, ptr %32, align 8
  %187 = load i64, ptr %33, align 8
  %188 = getelementptr inbounds float, ptr %186, i64 %187
  store float %185, ptr %188, align 4
  br label %189

189:                                              ; preds = %143
  %190 = load i64, ptr %33, align 8
  %191 = add nsw i64 %190, 1
  store i64 %191, ptr %33, align 8
  br label %139

192:                                              ; preds = %139
  br label %193

193:                                              ; preds = %192
  %194 = load i64, ptr %30, align 8
  %195 = add nsw i64 %194, 1
  store i64 %195, ptr %30, align 8
  br label %121

196:                                              ; preds = %121
  store i64 0, ptr %38, align 8
  br label %197

197:                                              ; preds = %229, %196
  %198 = load i64, ptr %38, align 8
  %199 = icmp slt i64 %198, 4
  br i1 %199, label %200, label %232

200:                                              ; preds = %197
  %201 = load ptr, ptr %23, align 8
  %202 = load i64, ptr %38, align 8
  %203 = icmp slt i64 %202, 2
  br i1 %203, label %204, label %208

204:                                              ; preds = %200
  %205 = load i64, ptr %38, align 8
  %206 = mul nsw i64 2, %205
  %207 = add nsw i64 %206, 3
  br label %212

208:                                              ; preds = %200
  %209 = load i64, ptr %38, align 8
  %210 = mul nsw i64 2, %209
  %211 = sub nsw i64 %210, 2
  br label %212

212:                                              ; preds = %208, %204
  %213 = phi i64 [ %207, %204 ], [ %211, %208 ]
  %214 = load i64, ptr %25, align 8
  %215 = mul nsw i64 %213, %214
  %216 = getelementptr inbounds float, ptr %201, i64 %215
  store ptr %216, ptr %39, align 8
  %217 = load ptr, ptr %39, align 8
  %218 = load i64, ptr %15, align 8
  %219 = load i64, ptr %16, align 8
  %220 = load i64, ptr %17, align 8
  %221 = load i64, ptr %18, align 8
  %222 = load ptr, ptr %20, align 8
  %223 = load ptr, ptr %22, align 8
  %224 = load ptr, ptr %24, align 8
  %225 = load i64, ptr %38, align 8
  %226 = load i64, ptr %25, align 8
  %227 = mul nsw i64 %225, %226
  %228 = getelementptr inbounds float, ptr %224, i64 %227
  call void @box(ptr noundef %217, i64 noundef %218, i64 noundef %219, i64 noundef %220, i64 noundef %221, ptr noundef %222, ptr noundef %223, ptr noundef %228)
  br label %229

229:                                              ; preds = %212
  %230 = load i64, ptr %38, align 8
  %231 = add nsw i64 %230, 1
  store i64 %231, ptr %38, align 8
  br label %197

232:                                              ; preds = %197
  ret void
}

define internal void @box(ptr noalias noundef %0, i64 noundef %1, i64 noundef %2, i64 noundef %3, i64 noundef %4, ptr noalias noundef %5, ptr noalias noundef %6, ptr noalias noundef %7) {
  %9 = alloca ptr, align 8
  %10 = alloca i64, align 8
  %11 = alloca i64, align 8
  %12 = alloca i64, align 8
  %13 = alloca i64, align 8
  %14 = alloca ptr, align 8
  %15 = alloca ptr, align 8
  %16 = alloca ptr, align 8
  %17 = alloca i64, align 8
  %18 = alloca i64, align 8
  %19 = alloca ptr, align 8
  %20 = alloca ptr, align 8
  %21 = alloca i64, align 8
  %22 = alloca i64, align 8
  %23 = alloca i64, align 8
  %24 = alloca i64, align 8
  %25 = alloca i64, align 8
  %26 = alloca i64, align 8
  %27 = alloca i64, align 8
  %28 = alloca ptr, align 8
  %29 = alloca i64, align 8
  %30 = alloca i64, align 8
  %31 = alloca i64, align 8
  %32 = alloca i64, align 8
  %33 = alloca i64, align 8
  %34 = alloca i64, align 8
  store ptr %0, ptr %9, align 8
  store i64 %1, ptr %10, align 8
  store i64 %2, ptr %11, align 8
  store i64 %3, ptr %12, align 8
  store i64 %4, ptr %13, align 8
  store ptr %5, ptr %14, align 8
  store ptr %6, ptr %15, align 8
  store ptr %7, ptr %16, align 8
  store i64 0, ptr %17, align 8
  br label %35

35:                                               ; preds = %46, %8
  %36 = load i64, ptr %17, align 8
  %37 = load i64, ptr %11, align 8
  %38 = load i64, ptr %13, align 8
  %39 = mul nsw i64 2, %38
  %40 = add nsw i64 %37, %39
  %41 = icmp slt i64 %36, %40
  br i1 %41, label %42, label %49

42:                                               ; preds = %35
  %43 = load ptr, ptr %14, align 8
  %44 = load i64, ptr %17, align 8
  %45 = getelementptr inbounds float, ptr %43, i64 %44
  store float 0.000000e+00, ptr %45, align 4
  br label %46

46:                                               ; preds = %42
  %47 = load i64, ptr %17, align 8
  %48 = add nsw i64 %47, 1
  store i64 %48, ptr %17, align 8
  br label %35

49:                                               ; preds = %35
  store i64 0, ptr %18, align 8
  br label %50

50:                                               ; preds = %166, %49
  %51 = load i64, ptr %18, align 8
  %52 = load i64, ptr %10, align 8
  %53 = icmp slt i64 %51, %52
  br i1 %53, label %54, label %169

54:                                               ; preds = %50
  %55 = load ptr, ptr %9, align 8
  %56 = load i64, ptr %18, align 8
  %57 = load i64, ptr %11, align 8
  %58 = mul nsw i64 %56, %57
  %59 = getelementptr inbounds float, ptr %55, i64 %58
  store ptr %59, ptr %19, align 8
  %60 = load ptr, ptr %15, align 8
  %61 = load i64, ptr %18, align 8
  %62 = load i64, ptr %11, align 8
  %63 = mul nsw i64 %61, %62
  %64 = getelementptr inbounds float, ptr %60, i64 %63
  store ptr %64, ptr %20, align 8
  store i64 0, ptr %21, align 8
  br label %65

65:                                               ; preds = %82, %54
  %66 = load i64, ptr %21, align 8
  %67 = load i64, ptr %11, align 8
  %68 = icmp slt i64 %66, %67
  br i1 %68, label %69, label %85

69:                                               ; preds = %65
  %70 = load ptr, ptr %19, align 8
  %71 = load i64, ptr %21, align 8
  %72 = getelementptr inbounds float, ptr %70, i64 %71
  %73 = load float, ptr %72, align 4
  %74 = load ptr, ptr %14, align 8
  %75 = load i64, ptr %13, align 8
  %76 = load i64, ptr %21, align 8
  %77 = add nsw i64 %75, %76
  %78 = getelementptr inbounds float, ptr %74, i64 %77
  store float %73, ptr %78, align 4
  %79 = load ptr, ptr %20, align 8
  %80 = load i64, ptr %21, align 8
  %81 = getelementptr inbounds float, ptr %79, i64 %80
  store float %73, ptr %81, align 4
  br label %82

82:                                               ; preds = %69
  %83 = load i64, ptr %21, align 8
  %84 = add nsw i64 %83, 1
  store i64 %84, ptr %21, align 8
  br label %65

85:                                               ; preds = %65
  store i64 0, ptr %22, align 8
  br label %86

86:                                               ; preds = %117, %85
  %87 = load i64, ptr %22, align 8
  %88 = load i64, ptr %13, align 8
  %89 = mul nsw i64 2, %88
  %90 = icmp sle i64 %87, %89
  br i1 %90, label %91, label %120

91:                                               ; preds = %86
  %92 = load i64, ptr %22, align 8
  %93 = load i64, ptr %13, align 8
  %94 = icmp ne i64 %92, %93
  br i1 %94, label %95, label %116

95:                                               ; preds = %91
  store i64 0, ptr %23, align 8
  br label %96

96:                                               ; preds = %112, %95
  %97 = load i64, ptr %23, align 8
  %98 = load i64, ptr %11, align 8
  %99 = icmp slt i64 %97, %98
  br i1 %99, label %100, label %115

100:                                              ; preds = %96
  %101 = load ptr, ptr %14, align 8
  %102 = load i64, ptr %23, align 8
  %103 = load i64, ptr %22, align 8
  %104 = add nsw i64 %102, %103
  %105 = getelementptr inbounds float, ptr %101, i64 %104
  %106 = load float, ptr %105, align 4
  %107 = load ptr, ptr %20, align 8
  %108 = load i64, ptr %23, align 8
  %109 = getelementptr inbounds float, ptr %107, i64 %108
  %110 = load float, ptr %109, align 4
  %111 = fadd float %110, %106
  store float %111, ptr %109, align 4
  br label %112

112:                                              ; preds = %100
  %113 = load i64, ptr %23, align 8
  %114 = add nsw i64 %113, 1
  store i64 %114, ptr %23, align 8
  br label %96

115:                                              ; preds = %96
  br label %116

116:                                              ; preds = %115, %91
  br label %117

117:                                              ; preds = %116
  %118 = load i64, ptr %22, align 8
  %119 = add nsw i64 %118, 1
  store i64 %119, ptr %22, align 8
  br label %86

120:                                              ; preds = %86
  store i64 0, ptr %24, align 8
  br label %121

121:                                              ; preds = %162, %120
  %122 = load i64, ptr %24, align 8
  %123 = load i64, ptr %11, align 8
  %124 = icmp slt i64 %122, %123
  br i1 %124, label %125, label %165

125:                                              ; preds = %121
  %126 = load i64, ptr %24, align 8
  %127 = load i64, ptr %13, align 8
  %128 = sub nsw i64 %126, %127
  %129 = icmp sgt i64 %128, 0
  br i1 %129, label %130, label %134

130:                                              ; preds = %125
  %131 = load i64, ptr %24, align 8
  %132 = load i64, ptr %13, align 8
  %133 = sub nsw i64 %131, %132
  br label %135

134:                                              ; preds = %125
  br label %135

135:                                              ; preds = %134, %130
  %136 = phi i64 [ %133, %130 ], [ 0, %134 ]
  store i64 %136, ptr %25, align 8
  %137 = load i64, ptr %24, align 8
  %138 = load i64, ptr %13, align 8
  %139 = add nsw i64 %137, %138
  %140 = load i64, ptr %11, align 8
  %141 = sub nsw i64 %140, 1
  %142 = icmp slt i64 %139, %141
  br i1 %142, label %143, label %147

143:                                              ; preds = %135
  %144 = load i64, ptr %24, align 8
  %145 = load i64, ptr %13, align 8
  %146 = add nsw i64 %144, %145
  br label %150

147:                                              ; preds = %135
  %148 = load i64, ptr %11, align 8
  %149 = sub nsw i64 %148, 1
  br label %150

150:                                              ; preds = %147, %143
  %151 = phi i64 [ %146, %143 ], [ %149, %147 ]
  store i64 %151, ptr %26, align 8
  %152 = load i64, ptr %26, align 8
  %153 = load i64, ptr %25, align 8
  %154 = sub nsw i64 %152, %153
  %155 = add nsw i64 %154, 1
  %156 = sitofp i64 %155 to float
  %157 = load ptr, ptr %20, align 8
  %158 = load i64, ptr %24, align 8
  %159 = getelementptr inbounds float, ptr %157, i64 %158
  %160 = load float, ptr %159, align 4
  %161 = fdiv float %160, %156
  store float %161, ptr %159, align 4
  br label %162

162:                                              ; preds = %150
  %163 = load i64, ptr %24, align 8
  %164 = add nsw i64 %163, 1
  store i64 %164, ptr %24, align 8
  br label %121

165:                                              ; preds = %121
  br label %166

166:                                              ; preds = %165
  %167 = load i64, ptr %18, align 8
  %168 = add nsw i64 %167, 1
  store i64 %168, ptr %18, align 8
  br label %50

169:                                              ; preds = %50
  store i64 0, ptr %27, align 8
  br label %170

170:                                              ; preds = %282, %169
  %171 = load i64, ptr %27, align 8
  %172 = load i64, ptr %10, align 8
  %173 = icmp slt i64 %171, %172
  br i1 %173, label %174, label %285

174:                                              ; preds = %170
  %175 = load ptr, ptr %16, align 8
  %176 = load i64, ptr %27, align 8
  %177 = load i64, ptr %11, align 8
  %178 = mul nsw i64 %176, %177
  %179 = getelementptr inbounds float, ptr %175, i64 %178
  store ptr %179, ptr %28, align 8
  %180 = load i64, ptr %27, align 8
  %181 = load i64, ptr %12, align 8
  %182 = sub nsw i64 %180, %181
  %183 = icmp sgt i64 %182, 0
  br i1 %183, label %184, label %188

184:                                              ; preds = %174
  %185 = load i64, ptr %27, align 8
  %186 = load i64, ptr %12, align 8
  %187 = sub nsw i64 %185, %186
  br label %189

188:                                              ; preds = %174
  br label %189

189:                                              ; preds = %188, %184
  %190 = phi i64 [ %187, %184 ], [ 0, %188 ]
  store i64 %190, ptr %29, align 8
  %191 = load i64, ptr %27, align 8
  %192 = load i64, ptr %12, align 8
  %193 = add nsw i64 %191, %192
  %194 = load i64, ptr %10, align 8
  %195 = sub nsw i64 %194, 1
  %196 = icmp slt i64 %193, %195
  br i1 %196, label %197, label %201

197:                                              ; preds = %189
  %198 = load i64, ptr %27, align 8
  %199 = load i64, ptr %12, align 8
  %200 = add nsw i64 %198, %199
  br label %204

201:                                              ; preds = %189
  %202 = load i64, ptr %10, align 8
  %203 = sub nsw i64 %202, 1
  br label %204

204:                                              ; preds = %201, %197
  %205 = phi i64 [ %200, %197 ], [ %203, %201 ]
  store i64 %205, ptr %30, align 8
  store i64 0, ptr %31, align 8
  br label %206

206:                                              ; preds = %222, %204
  %207 = load i64, ptr %31, align 8
  %208 = load i64, ptr %11, align 8
  %209 = icmp slt i64 %207, %208
  br i1 %209, label %210, label %225

210:                                              ; preds = %206
  %211 = load ptr, ptr %15, align 8
  %212 = load i64, ptr %27, align 8
  %213 = load i64, ptr %11, align 8
  %214 = mul nsw i64 %212, %213
  %215 = load i64, ptr %31, align 8
  %216 = add nsw i64 %214, %215
  %217 = getelementptr inbounds float, ptr %211, i64 %216
  %218 = load float, ptr %217, align 4
  %219 = load ptr, ptr %28, align 8
  %220 = load i64, ptr %31, align 8
  %221 = getelementptr inbounds float, ptr %219, i64 %220
  store float %218, ptr %221, align 4
  br label %222

222:                                              ; preds = %210
  %223 = load i64, ptr %31, align 8
  %224 = add nsw i64 %223, 1
  store i64 %224, ptr %31, align 8
  br label %206

225:                                              ; preds = %206
  %226 = load i64, ptr %29, align 8
  store i64 %226, ptr %32, align 8
  br label %227

227:                                              ; preds = %259, %225
  %228 = load i64, ptr %32, align 8
  %229 = load i64, ptr %30, align 8
  %230 = icmp sle i64 %228, %229
  br i1 %230, label %231, label %262

231:                                              ; preds = %227
  %232 = load i64, ptr %32, align 8
  %233 = load i64, ptr %27, align 8
  %234 = icmp ne i64 %232, %233
  br i1 %234, label %235, label %258

235:                                              ; preds = %231
  store i64 0, ptr %33, align 8
  br label %236

236:                                              ; preds = %254, %235
  %237 = load i64, ptr %33, align 8
  %238 = load i64, ptr %11, align 8
  %239 = icmp slt i64 %237, %238
  br i1 %239, label %240, label %257

240:                                              ; preds = %236
  %241 = load ptr, ptr %15, align 8
  %242 = load i64, ptr %32, align 8
  %243 = load i64, ptr %11, align 8
  %244 = mul nsw i64 %242, %243
  %245 = load i64, ptr %33, align 8
  %246 = add nsw i64 %244, %245
  %247 = getelementptr inbounds float, ptr %241, i64 %246
  %248 = load float, ptr %247, align 4
  %249 = load ptr, ptr %28, align 8
  %250 = load i64, ptr %33, align 8
  %251 = getelementptr inbounds float, ptr %249, i64 %250
  %252 = load float, ptr %251, align 4
  %253 = fadd float %252, %248
  store float %253, ptr %251, align 4
  br label %254

254:                                              ; preds = %240
  %255 = load i64, ptr %33, align 8
  %256 = add nsw i64 %255, 1
  store i64 %256, ptr %33, align 8
  br label %236

257:                                              ; preds = %236
  br label %258

258:                                              ; preds = %257, %231
  br label %259

259:                                              ; preds = %258
  %260 = load i64, ptr %32, align 8
  %261 = add nsw i64 %260, 1
  store i64 %261, ptr %32, align 8
  br label %227

262:                                              ; preds = %227
  store i64 0, ptr %34, align 8
  br label %263

263:                                              ; preds = %278, %262
  %264 = load i64, ptr %34, align 8
  %265 = load i64, ptr %11, align 8
  %266 = icmp slt i64 %264, %265
  br i1 %266, label %267, label %281

267:                                              ; preds = %263
  %268 = load i64, ptr %30, align 8
  %269 = load i64, ptr %29, align 8
  %270 = sub nsw i64 %268, %269
  %271 = add nsw i64 %270, 1
  %272 = sitofp i64 %271 to float
  %273 = load ptr, ptr %28, align 8
  %274 = load i64, ptr %34, align 8
  %275 = getelementptr inbounds float, ptr %273, i64 %274
  %276 = load float, ptr %275, align 4
  %277 = fdiv float %276, %272
  store float %277, ptr %275, align 4
  br label %278

278:                                              ; preds = %267
  %279 = load i64, ptr %34, align 8
  %280 = add nsw i64 %279, 1
  store i64 %280, ptr %34, align 8
  br label %263

281:                                              ; preds = %263
  br label %282

282:                                              ; preds = %281
  %283 = load i64, ptr %27, align 8
  %284 = add nsw i64 %283, 1
  store i64 %284, ptr %27, align 8
  br label %170

285:                                              ; preds = %170
  ret void
}

define internal <16 x i8> @clipped(ptr noundef byval(<16 x i32>) align 64 %0) {
  %2 = alloca <16 x i32>, align 64
  %3 = alloca <16 x i32>, align 64
  %4 = load <16 x i32>, ptr %0, align 64
  store <16 x i32> %4, ptr %2, align 64
  %5 = load <16 x i32>, ptr %2, align 64
  %6 = ashr <16 x i32> %5, splat (i32 22)
  store <16 x i32> %6, ptr %2, align 64
  %7 = load <16 x i32>, ptr %2, align 64
  %8 = ashr <16 x i32> %7, splat (i32 31)
  %9 = xor <16 x i32> %8, splat (i32 -1)
  %10 = load <16 x i32>, ptr %2, align 64
  %11 = and <16 x i32> %10, %9
  store <16 x i32> %11, ptr %2, align 64
  %12 = load <16 x i32>, ptr %2, align 64
  %13 = icmp sgt <16 x i32> %12, splat (i32 255)
  %14 = sext <16 x i1> %13 to <16 x i32>
  store <16 x i32> %14, ptr %3, align 64
  %15 = load <16 x i32>, ptr %2, align 64
  %16 = load <16 x i32>, ptr %3, align 64
  %17 = xor <16 x i32> %16, splat (i32 -1)
  %18 = and <16 x i32> %15, %17
  %19 = load <16 x i32>, ptr %3, align 64
  %20 = and <16 x i32> %19, splat (i32 255)
  %21 = or <16 x i32> %18, %20
  store <16 x i32> %21, ptr %2, align 64
  %22 = load <16 x i32>, ptr %2, align 64
  %23 = trunc <16 x i32> %22 to <16 x i8>
  ret <16 x i8> %23
}
