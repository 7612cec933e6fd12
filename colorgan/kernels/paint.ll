; Written by experiments/kernels.py of paint.c, whose SHA-256 is 775a6d0b34d41a1e108aef74cd8c7acf10d5a34a9e01f0b0b9d6986f854100ff.
define dso_local void @paint_rows(ptr noalias noundef %0, i64 noundef %1, i64 noundef %2, i64 noundef %3, ptr noalias noundef %4, i64 noundef %5, i64 noundef %6, ptr noalias noundef %7, ptr noalias noundef %8, ptr noalias noundef %9, ptr noalias noundef %10, ptr noalias noundef %11, ptr noalias noundef %12, ptr noalias noundef %13, ptr noalias noundef %14, ptr noalias noundef %15, ptr noalias noundef %16) {
  %18 = alloca ptr, align 8
  %19 = alloca i64, align 8
  %20 = alloca i64, align 8
  %21 = alloca i64, align 8
  %22 = alloca ptr, align 8
  %23 = alloca i64, align 8
  %24 = alloca i64, align 8
  %25 = alloca ptr, align 8
  %26 = alloca ptr, align 8
  %27 = alloca ptr, align 8
  %28 = alloca ptr, align 8
  %29 = alloca ptr, align 8
  %30 = alloca ptr, align 8
  %31 = alloca ptr, align 8
  %32 = alloca ptr, align 8
  %33 = alloca ptr, align 8
  %34 = alloca ptr, align 8
  %35 = alloca float, align 4
  %36 = alloca float, align 4
  %37 = alloca float, align 4
  %38 = alloca float, align 4
  %39 = alloca i64, align 8
  %40 = alloca [256 x float], align 16
  %41 = alloca [256 x float], align 16
  %42 = alloca [512 x float], align 16
  %43 = alloca [512 x float], align 16
  %44 = alloca [512 x float], align 16
  %45 = alloca [512 x float], align 16
  %46 = alloca [512 x float], align 16
  %47 = alloca [512 x float], align 16
  %48 = alloca [512 x i32], align 16
  %49 = alloca [512 x i32], align 16
  %50 = alloca [512 x i32], align 16
  %51 = alloca i64, align 8
  %52 = alloca i64, align 8
  %53 = alloca i64, align 8
  %54 = alloca i64, align 8
  %55 = alloca i64, align 8
  %56 = alloca ptr, align 8
  %57 = alloca ptr, align 8
  %58 = alloca ptr, align 8
  %59 = alloca i64, align 8
  %60 = alloca i64, align 8
  %61 = alloca i64, align 8
  %62 = alloca ptr, align 8
  %63 = alloca ptr, align 8
  %64 = alloca i64, align 8
  %65 = alloca i64, align 8
  %66 = alloca ptr, align 8
  %67 = alloca i64, align 8
  %68 = alloca i64, align 8
  %69 = alloca ptr, align 8
  %70 = alloca float, align 4
  %71 = alloca float, align 4
  %72 = alloca float, align 4
  %73 = alloca float, align 4
  %74 = alloca float, align 4
  %75 = alloca float, align 4
  %76 = alloca float, align 4
  %77 = alloca float, align 4
  %78 = alloca i64, align 8
  %79 = alloca float, align 4
  %80 = alloca i64, align 8
  %81 = alloca float, align 4
  %82 = alloca float, align 4
  %83 = alloca float, align 4
  %84 = alloca float, align 4
  %85 = alloca float, align 4
  %86 = alloca float, align 4
  %87 = alloca float, align 4
  %88 = alloca float, align 4
  %89 = alloca float, align 4
  %90 = alloca float, align 4
  %91 = alloca float, align 4
  %92 = alloca float, align 4
  %93 = alloca float, align 4
  %94 = alloca i64, align 8
  store ptr %0, ptr %18, align 8
  store i64 %1, ptr %19, align 8
  store i64 %2, ptr %20, align 8
  store i64 %3, ptr %21, align 8
  store ptr %4, ptr %22, align 8
  store i64 %5, ptr %23, align 8
  store i64 %6, ptr %24, align 8
  store ptr %7, ptr %25, align 8
  store ptr %8, ptr %26, align 8
  store ptr %9, ptr %27, align 8
  store ptr %10, ptr %28, align 8
  store ptr %11, ptr %29, align 8
  store ptr %12, ptr %30, align 8
  store ptr %13, ptr %31, align 8
  store ptr %14, ptr %32, align 8
  store ptr %15, ptr %33, align 8
  store ptr %16, ptr %34, align 8
  store float 0x3FCA7B9620000000, ptr %35, align 4
  store float 0x3E7AD7F2A0000000, ptr %36, align 4
  store float 0x3FC0700500000000, ptr %37, align 4
  store float 0x3FC1A7B960000000, ptr %38, align 4
  %95 = load i64, ptr %24, align 8
  %96 = add nsw i64 %95, 1
  store i64 %96, ptr %39, align 8
  store i64 0, ptr %51, align 8
  br label %97

97:                                               ; preds = %127, %17
  %98 = load i64, ptr %51, align 8
  %99 = icmp slt i64 %98, 256
  br i1 %99, label %100, label %130

100:                                              ; preds = %97
  %101 = load ptr, ptr %29, align 8
  %102 = load i64, ptr %51, align 8
  %103 = getelementptr inbounds float, ptr %101, i64 %102
  %104 = load float, ptr %103, align 4
  %105 = load ptr, ptr %29, align 8
  %106 = load i64, ptr %51, align 8
  %107 = add nsw i64 256, %106
  %108 = getelementptr inbounds float, ptr %105, i64 %107
  %109 = load float, ptr %108, align 4
  %110 = fadd fast float %104, %109
  %111 = load ptr, ptr %29, align 8
  %112 = load i64, ptr %51, align 8
  %113 = add nsw i64 512, %112
  %114 = getelementptr inbounds float, ptr %111, i64 %113
  %115 = load float, ptr %114, align 4
  %116 = fadd fast float %110, %115
  %117 = call fast nofpclass(nan inf) float @least(float noundef nofpclass(nan inf) %116, float noundef nofpclass(nan inf) 1.000000e+00)
  %118 = load i64, ptr %51, align 8
  %119 = getelementptr inbounds [256 x float], ptr %40, i64 0, i64 %118
  store float %117, ptr %119, align 4
  %120 = load i64, ptr %51, align 8
  %121 = getelementptr inbounds [256 x float], ptr %40, i64 0, i64 %120
  %122 = load float, ptr %121, align 4
  %123 = load ptr, ptr %30, align 8
  %124 = call fast nofpclass(nan inf) float @root_of(float noundef nofpclass(nan inf) %122, ptr noundef %123)
  %125 = load i64, ptr %51, align 8
  %126 = getelementptr inbounds [256 x float], ptr %41, i64 0, i64 %125
  store float %124, ptr %126, align 4
  br label %127

127:                                              ; preds = %100
  %128 = load i64, ptr %51, align 8
  %129 = add nsw i64 %128, 1
  store i64 %129, ptr %51, align 8
  br label %97

130:                                              ; preds = %97
  store i64 0, ptr %52, align 8
  br label %131

131:                                              ; preds = %666, %130
  %132 = load i64, ptr %52, align 8
  %133 = load i64, ptr %19, align 8
  %134 = icmp slt i64 %132, %133
  br i1 %134, label %135, label %669

135:                                              ; preds = %131
  %136 = load ptr, ptr %25, align 8
  %137 = load i64, ptr %52, align 8
  %138 = getelementptr inbounds i64, ptr %136, i64 %137
  %139 = load i64, ptr %138, align 8
  store i64 %139, ptr %53, align 8
  %140 = load i64, ptr %53, align 8
  %141 = add nsw i64 %140, 1
  %142 = load i64, ptr %23, align 8
  %143 = icmp slt i64 %141, %142
  br i1 %143, label %144, label %147

144:                                              ; preds = %135
  %145 = load i64, ptr %53, align 8
  %146 = add nsw i64 %145, 1
  br label %149

147:                                              ; preds = %135
  %148 = load i64, ptr %53, align 8
  br label %149

149:                                              ; preds = %147, %144
  %150 = phi i64 [ %146, %144 ], [ %148, %147 ]
  store i64 %150, ptr %54, align 8
  store i64 0, ptr %55, align 8
  br label %151

151:                                              ; preds = %217, %149
  %152 = load i64, ptr %55, align 8
  %153 = icmp slt i64 %152, 4
  br i1 %153, label %154, label %220

154:                                              ; preds = %151
  %155 = load ptr, ptr %22, align 8
  %156 = load i64, ptr %55, align 8
  %157 = load i64, ptr %23, align 8
  %158 = mul nsw i64 %156, %157
  %159 = load i64, ptr %53, align 8
  %160 = add nsw i64 %158, %159
  %161 = load i64, ptr %24, align 8
  %162 = mul nsw i64 %160, %161
  %163 = getelementptr inbounds float, ptr %155, i64 %162
  store ptr %163, ptr %56, align 8
  %164 = load ptr, ptr %22, align 8
  %165 = load i64, ptr %55, align 8
  %166 = load i64, ptr %23, align 8
  %167 = mul nsw i64 %165, %166
  %168 = load i64, ptr %54, align 8
  %169 = add nsw i64 %167, %168
  %170 = load i64, ptr %24, align 8
  %171 = mul nsw i64 %169, %170
  %172 = getelementptr inbounds float, ptr %164, i64 %171
  store ptr %172, ptr %57, align 8
  %173 = load ptr, ptr %33, align 8
  %174 = load i64, ptr %55, align 8
  %175 = load i64, ptr %39, align 8
  %176 = mul nsw i64 %174, %175
  %177 = getelementptr inbounds float, ptr %173, i64 %176
  store ptr %177, ptr %58, align 8
  store i64 0, ptr %59, align 8
  br label %178

178:                                              ; preds = %205, %154
  %179 = load i64, ptr %59, align 8
  %180 = load i64, ptr %24, align 8
  %181 = icmp slt i64 %179, %180
  br i1 %181, label %182, label %208

182:                                              ; preds = %178
  %183 = load ptr, ptr %56, align 8
  %184 = load i64, ptr %59, align 8
  %185 = getelementptr inbounds float, ptr %183, i64 %184
  %186 = load float, ptr %185, align 4
  %187 = load ptr, ptr %57, align 8
  %188 = load i64, ptr %59, align 8
  %189 = getelementptr inbounds float, ptr %187, i64 %188
  %190 = load float, ptr %189, align 4
  %191 = load ptr, ptr %56, align 8
  %192 = load i64, ptr %59, align 8
  %193 = getelementptr inbounds float, ptr %191, i64 %192
  %194 = load float, ptr %193, align 4
  %195 = fsub fast float %190, %194
  %196 = load ptr, ptr %26, align 8
  %197 = load i64, ptr %52, align 8
  %198 = getelementptr inbounds float, ptr %196, i64 %197
  %199 = load float, ptr %198, align 4
  %200 = fmul fast float %195, %199
  %201 = fadd fast float %186, %200
  %202 = load ptr, ptr %58, align 8
  %203 = load i64, ptr %59, align 8
  %204 = getelementptr inbounds float, ptr %202, i64 %203
  store float %201, ptr %204, align 4
  br label %205

205:                                              ; preds = %182
  %206 = load i64, ptr %59, align 8
  %207 = add nsw i64 %206, 1
  store i64 %207, ptr %59, align 8
  br label %178

208:                                              ; preds = %178
  %209 = load ptr, ptr %58, align 8
  %210 = load i64, ptr %24, align 8
  %211 = sub nsw i64 %210, 1
  %212 = getelementptr inbounds float, ptr %209, i64 %211
  %213 = load float, ptr %212, align 4
  %214 = load ptr, ptr %58, align 8
  %215 = load i64, ptr %24, align 8
  %216 = getelementptr inbounds float, ptr %214, i64 %215
  store float %213, ptr %216, align 4
  br label %217

217:                                              ; preds = %208
  %218 = load i64, ptr %55, align 8
  %219 = add nsw i64 %218, 1
  store i64 %219, ptr %55, align 8
  br label %151

220:                                              ; preds = %151
  store i64 0, ptr %60, align 8
  br label %221

221:                                              ; preds = %662, %220
  %222 = load i64, ptr %60, align 8
  %223 = load i64, ptr %20, align 8
  %224 = icmp slt i64 %222, %223
  br i1 %224, label %225, label %665

225:                                              ; preds = %221
  %226 = load i64, ptr %20, align 8
  %227 = load i64, ptr %60, align 8
  %228 = sub nsw i64 %226, %227
  %229 = icmp slt i64 %228, 512
  br i1 %229, label %230, label %234

230:                                              ; preds = %225
  %231 = load i64, ptr %20, align 8
  %232 = load i64, ptr %60, align 8
  %233 = sub nsw i64 %231, %232
  br label %235

234:                                              ; preds = %225
  br label %235

235:                                              ; preds = %234, %230
  %236 = phi i64 [ %233, %230 ], [ 512, %234 ]
  store i64 %236, ptr %61, align 8
  %237 = load ptr, ptr %18, align 8
  %238 = load i64, ptr %52, align 8
  %239 = load i64, ptr %20, align 8
  %240 = mul nsw i64 %238, %239
  %241 = load i64, ptr %60, align 8
  %242 = add nsw i64 %240, %241
  %243 = load i64, ptr %21, align 8
  %244 = mul nsw i64 %242, %243
  %245 = getelementptr inbounds i8, ptr %237, i64 %244
  store ptr %245, ptr %62, align 8
  %246 = load ptr, ptr %34, align 8
  %247 = load i64, ptr %52, align 8
  %248 = load i64, ptr %20, align 8
  %249 = mul nsw i64 %247, %248
  %250 = getelementptr inbounds i32, ptr %246, i64 %249
  %251 = load i64, ptr %60, align 8
  %252 = getelementptr inbounds i32, ptr %250, i64 %251
  store ptr %252, ptr %63, align 8
  %253 = load i64, ptr %21, align 8
  %254 = icmp eq i64 %253, 1
  br i1 %254, label %255, label %283

255:                                              ; preds = %235
  store i64 0, ptr %64, align 8
  br label %256

256:                                              ; preds = %279, %255
  %257 = load i64, ptr %64, align 8
  %258 = load i64, ptr %61, align 8
  %259 = icmp slt i64 %257, %258
  br i1 %259, label %260, label %282

260:                                              ; preds = %256
  %261 = load ptr, ptr %62, align 8
  %262 = load i64, ptr %64, align 8
  %263 = getelementptr inbounds i8, ptr %261, i64 %262
  %264 = load i8, ptr %263, align 1
  %265 = zext i8 %264 to i64
  %266 = getelementptr inbounds nuw [256 x float], ptr %40, i64 0, i64 %265
  %267 = load float, ptr %266, align 4
  %268 = load i64, ptr %64, align 8
  %269 = getelementptr inbounds [512 x float], ptr %42, i64 0, i64 %268
  store float %267, ptr %269, align 4
  %270 = load ptr, ptr %62, align 8
  %271 = load i64, ptr %64, align 8
  %272 = getelementptr inbounds i8, ptr %270, i64 %271
  %273 = load i8, ptr %272, align 1
  %274 = zext i8 %273 to i64
  %275 = getelementptr inbounds nuw [256 x float], ptr %41, i64 0, i64 %274
  %276 = load float, ptr %275, align 4
  %277 = load i64, ptr %64, align 8
  %278 = getelementptr inbounds [512 x float], ptr %43, i64 0, i64 %277
  store float %276, ptr %278, align 4
  br label %279

279:                                              ; preds = %260
  %280 = load i64, ptr %64, align 8
  %281 = add nsw i64 %280, 1
  store i64 %281, ptr %64, align 8
  br label %256

282:                                              ; preds = %256
  br label %343

283:                                              ; preds = %235
  store i64 0, ptr %65, align 8
  br label %284

284:                                              ; preds = %323, %283
  %285 = load i64, ptr %65, align 8
  %286 = load i64, ptr %61, align 8
  %287 = icmp slt i64 %285, %286
  br i1 %287, label %288, label %326

288:                                              ; preds = %284
  %289 = load ptr, ptr %62, align 8
  %290 = load i64, ptr %65, align 8
  %291 = mul nsw i64 4, %290
  %292 = getelementptr inbounds i8, ptr %289, i64 %291
  store ptr %292, ptr %66, align 8
  %293 = load ptr, ptr %29, align 8
  %294 = load ptr, ptr %66, align 8
  %295 = getelementptr inbounds i8, ptr %294, i64 0
  %296 = load i8, ptr %295, align 1
  %297 = zext i8 %296 to i64
  %298 = getelementptr inbounds nuw float, ptr %293, i64 %297
  %299 = load float, ptr %298, align 4
  %300 = load ptr, ptr %29, align 8
  %301 = load ptr, ptr %66, align 8
  %302 = getelementptr inbounds i8, ptr %301, i64 1
  %303 = load i8, ptr %302, align 1
  %304 = zext i8 %303 to i32
  %305 = add nsw i32 256, %304
  %306 = sext i32 %305 to i64
  %307 = getelementptr inbounds float, ptr %300, i64 %306
  %308 = load float, ptr %307, align 4
  %309 = fadd fast float %299, %308
  %310 = load ptr, ptr %29, align 8
  %311 = load ptr, ptr %66, align 8
  %312 = getelementptr inbounds i8, ptr %311, i64 2
  %313 = load i8, ptr %312, align 1
  %314 = zext i8 %313 to i32
  %315 = add nsw i32 512, %314
  %316 = sext i32 %315 to i64
  %317 = getelementptr inbounds float, ptr %310, i64 %316
  %318 = load float, ptr %317, align 4
  %319 = fadd fast float %309, %318
  %320 = call fast nofpclass(nan inf) float @least(float noundef nofpclass(nan inf) %319, float noundef nofpclass(nan inf) 1.000000e+00)
  %321 = load i64, ptr %65, align 8
  %322 = getelementptr inbounds [512 x float], ptr %42, i64 0, i64 %321
  store float %320, ptr %322, align 4
  br label %323

323:                                              ; preds = %288
  %324 = load i64, ptr %65, align 8
  %325 = add nsw i64 %324, 1
  store i64 %325, ptr %65, align 8
  br label %284

326:                                              ; preds = %284
  store i64 0, ptr %67, align 8
  br label %327

327:                                              ; preds = %339, %326
  %328 = load i64, ptr %67, align 8
  %329 = load i64, ptr %61, align 8
  %330 = icmp slt i64 %328, %329
  br i1 %330, label %331, label %342

331:                                              ; preds = %327
  %332 = load i64, ptr %67, align 8
  %333 = getelementptr inbounds [512 x float], ptr %42, i64 0, i64 %332
  %334 = load float, ptr %333, align 4
  %335 = load ptr, ptr %30, align 8
  %336 = call fast nofpclass(nan inf) float @root_of(float noundef nofpclass(nan inf) %334, ptr noundef %335)
  %337 = load i64, ptr %67, align 8
  %338 = getelementptr inbounds [512 x float], ptr %43, i64 0, i64 %337
  store float %336, ptr %338, align 4
  br label %339

339:                                              ; preds = %331
  %340 = load i64, ptr %67, align 8
  %341 = add nsw i64 %340, 1
  store i64 %341, ptr %67, align 8
  br label %327

342:                                              ; preds = %327
  br label %343

343:                                              ; preds = %342, %282
  store i64 0, ptr %68, align 8
  br label %344

344:                                              ; preds = %470, %343
  %345 = load i64, ptr %68, align 8
  %346 = load i64, ptr %61, align 8
  %347 = icmp slt i64 %345, %346
  br i1 %347, label %348, label %471

348:                                              ; preds = %344
  %349 = load ptr, ptr %33, align 8
  %350 = load ptr, ptr %27, align 8
  %351 = load i64, ptr %60, align 8
  %352 = load i64, ptr %68, align 8
  %353 = add nsw i64 %351, %352
  %354 = getelementptr inbounds i64, ptr %350, i64 %353
  %355 = load i64, ptr %354, align 8
  %356 = getelementptr inbounds float, ptr %349, i64 %355
  store ptr %356, ptr %69, align 8
  %357 = load ptr, ptr %69, align 8
  %358 = getelementptr inbounds float, ptr %357, i64 0
  %359 = load float, ptr %358, align 4
  store float %359, ptr %70, align 4
  %360 = load ptr, ptr %69, align 8
  %361 = load i64, ptr %39, align 8
  %362 = getelementptr inbounds float, ptr %360, i64 %361
  %363 = load float, ptr %362, align 4
  store float %363, ptr %71, align 4
  %364 = load ptr, ptr %69, align 8
  %365 = load i64, ptr %39, align 8
  %366 = mul nsw i64 2, %365
  %367 = getelementptr inbounds float, ptr %364, i64 %366
  %368 = load float, ptr %367, align 4
  store float %368, ptr %72, align 4
  %369 = load ptr, ptr %69, align 8
  %370 = load i64, ptr %39, align 8
  %371 = mul nsw i64 3, %370
  %372 = getelementptr inbounds float, ptr %369, i64 %371
  %373 = load float, ptr %372, align 4
  store float %373, ptr %73, align 4
  %374 = load ptr, ptr %69, align 8
  %375 = getelementptr inbounds float, ptr %374, i64 1
  %376 = load float, ptr %375, align 4
  %377 = load float, ptr %70, align 4
  %378 = fsub fast float %376, %377
  store float %378, ptr %74, align 4
  %379 = load ptr, ptr %69, align 8
  %380 = load i64, ptr %39, align 8
  %381 = add nsw i64 %380, 1
  %382 = getelementptr inbounds float, ptr %379, i64 %381
  %383 = load float, ptr %382, align 4
  %384 = load float, ptr %71, align 4
  %385 = fsub fast float %383, %384
  store float %385, ptr %75, align 4
  %386 = load ptr, ptr %69, align 8
  %387 = load i64, ptr %39, align 8
  %388 = mul nsw i64 2, %387
  %389 = add nsw i64 %388, 1
  %390 = getelementptr inbounds float, ptr %386, i64 %389
  %391 = load float, ptr %390, align 4
  %392 = load float, ptr %72, align 4
  %393 = fsub fast float %391, %392
  store float %393, ptr %76, align 4
  %394 = load ptr, ptr %69, align 8
  %395 = load i64, ptr %39, align 8
  %396 = mul nsw i64 3, %395
  %397 = add nsw i64 %396, 1
  %398 = getelementptr inbounds float, ptr %394, i64 %397
  %399 = load float, ptr %398, align 4
  %400 = load float, ptr %73, align 4
  %401 = fsub fast float %399, %400
  store float %401, ptr %77, align 4
  %402 = load i64, ptr %68, align 8
  %403 = add nsw i64 %402, 1
  store i64 %403, ptr %78, align 8
  br label %404

404:                                              ; preds = %424, %348
  %405 = load i64, ptr %78, align 8
  %406 = load i64, ptr %61, align 8
  %407 = icmp slt i64 %405, %406
  br i1 %407, label %408, label %422

408:                                              ; preds = %404
  %409 = load ptr, ptr %27, align 8
  %410 = load i64, ptr %60, align 8
  %411 = load i64, ptr %78, align 8
  %412 = add nsw i64 %410, %411
  %413 = getelementptr inbounds i64, ptr %409, i64 %412
  %414 = load i64, ptr %413, align 8
  %415 = load ptr, ptr %27, align 8
  %416 = load i64, ptr %60, align 8
  %417 = load i64, ptr %68, align 8
  %418 = add nsw i64 %416, %417
  %419 = getelementptr inbounds i64, ptr %415, i64 %418
  %420 = load i64, ptr %419, align 8
  %421 = icmp eq i64 %414, %420
  br label %422

422:                                              ; preds = %408, %404
  %423 = phi i1 [ false, %404 ], [ %421, %408 ]
  br i1 %423, label %424, label %427

424:                                              ; preds = %422
  %425 = load i64, ptr %78, align 8
  %426 = add nsw i64 %425, 1
  store i64 %426, ptr %78, align 8
  br label %404

427:                                              ; preds = %422
  br label %428

428:                                              ; preds = %467, %427
  %429 = load i64, ptr %68, align 8
  %430 = load i64, ptr %78, align 8
  %431 = icmp slt i64 %429, %430
  br i1 %431, label %432, label %470

432:                                              ; preds = %428
  %433 = load ptr, ptr %28, align 8
  %434 = load i64, ptr %60, align 8
  %435 = load i64, ptr %68, align 8
  %436 = add nsw i64 %434, %435
  %437 = getelementptr inbounds float, ptr %433, i64 %436
  %438 = load float, ptr %437, align 4
  store float %438, ptr %79, align 4
  %439 = load float, ptr %70, align 4
  %440 = load float, ptr %74, align 4
  %441 = load float, ptr %79, align 4
  %442 = fmul fast float %440, %441
  %443 = fadd fast float %439, %442
  %444 = load i64, ptr %68, align 8
  %445 = getelementptr inbounds [512 x float], ptr %44, i64 0, i64 %444
  store float %443, ptr %445, align 4
  %446 = load float, ptr %71, align 4
  %447 = load float, ptr %75, align 4
  %448 = load float, ptr %79, align 4
  %449 = fmul fast float %447, %448
  %450 = fadd fast float %446, %449
  %451 = load i64, ptr %68, align 8
  %452 = getelementptr inbounds [512 x float], ptr %45, i64 0, i64 %451
  store float %450, ptr %452, align 4
  %453 = load float, ptr %72, align 4
  %454 = load float, ptr %76, align 4
  %455 = load float, ptr %79, align 4
  %456 = fmul fast float %454, %455
  %457 = fadd fast float %453, %456
  %458 = load i64, ptr %68, align 8
  %459 = getelementptr inbounds [512 x float], ptr %46, i64 0, i64 %458
  store float %457, ptr %459, align 4
  %460 = load float, ptr %73, align 4
  %461 = load float, ptr %77, align 4
  %462 = load float, ptr %79, align 4
  %463 = fmul fast float %461, %462
  %464 = fadd fast float %460, %463
  %465 = load i64, ptr %68, align 8
  %466 = getelementptr inbounds [512 x float], ptr %47, i64 0, i64 %465
  store float %464, ptr %466, align 4
  br label %467

467:                                              ; preds = %432
  %468 = load i64, ptr %68, align 8
  %469 = add nsw i64 %468, 1
  store i64 %469, ptr %68, align 8
  br label %428

470:                                              ; preds = %428
  br label %344

471:                                              ; preds = %344
  store i64 0, ptr %80, align 8
  br label %472

472:                                              ; preds = %620, %471
  %473 = load i64, ptr %80, align 8
  %474 = load i64, ptr %61, align 8
  %475 = icmp slt i64 %473, %474
  br i1 %475, label %476, label %623

476:                                              ; preds = %472
  %477 = load i64, ptr %80, align 8
  %478 = getelementptr inbounds [512 x float], ptr %42, i64 0, i64 %477
  %479 = load float, ptr %478, align 4
  store float %479, ptr %81, align 4
  %480 = load i64, ptr %80, align 8
  %481 = getelementptr inbounds [512 x float], ptr %43, i64 0, i64 %480
  %482 = load float, ptr %481, align 4
  store float %482, ptr %82, align 4
  %483 = load i64, ptr %80, align 8
  %484 = getelementptr inbounds [512 x float], ptr %44, i64 0, i64 %483
  %485 = load float, ptr %484, align 4
  %486 = load float, ptr %82, align 4
  %487 = fmul fast float %485, %486
  %488 = load i64, ptr %80, align 8
  %489 = getelementptr inbounds [512 x float], ptr %46, i64 0, i64 %488
  %490 = load float, ptr %489, align 4
  %491 = fadd fast float %487, %490
  store float %491, ptr %83, align 4
  %492 = load i64, ptr %80, align 8
  %493 = getelementptr inbounds [512 x float], ptr %45, i64 0, i64 %492
  %494 = load float, ptr %493, align 4
  %495 = load float, ptr %82, align 4
  %496 = fmul fast float %494, %495
  %497 = load i64, ptr %80, align 8
  %498 = getelementptr inbounds [512 x float], ptr %47, i64 0, i64 %497
  %499 = load float, ptr %498, align 4
  %500 = fadd fast float %496, %499
  store float %500, ptr %84, align 4
  %501 = load float, ptr %83, align 4
  %502 = fcmp fast ogt float %501, 0x3FCA7B9620000000
  br i1 %502, label %503, label %509

503:                                              ; preds = %476
  %504 = load float, ptr %83, align 4
  %505 = load float, ptr %83, align 4
  %506 = fmul fast float %504, %505
  %507 = load float, ptr %83, align 4
  %508 = fmul fast float %506, %507
  br label %513

509:                                              ; preds = %476
  %510 = load float, ptr %83, align 4
  %511 = fsub fast float %510, 0x3FC1A7B960000000
  %512 = fmul fast float 0x3FC0700500000000, %511
  br label %513

513:                                              ; preds = %509, %503
  %514 = phi fast float [ %508, %503 ], [ %512, %509 ]
  store float %514, ptr %85, align 4
  %515 = load float, ptr %84, align 4
  %516 = fcmp fast ogt float %515, 0x3FCA7B9620000000
  br i1 %516, label %517, label %523

517:                                              ; preds = %513
  %518 = load float, ptr %84, align 4
  %519 = load float, ptr %84, align 4
  %520 = fmul fast float %518, %519
  %521 = load float, ptr %84, align 4
  %522 = fmul fast float %520, %521
  br label %527

523:                                              ; preds = %513
  %524 = load float, ptr %84, align 4
  %525 = fsub fast float %524, 0x3FC1A7B960000000
  %526 = fmul fast float 0x3FC0700500000000, %525
  br label %527

527:                                              ; preds = %523, %517
  %528 = phi fast float [ %522, %517 ], [ %526, %523 ]
  store float %528, ptr %86, align 4
  %529 = load float, ptr %81, align 4
  %530 = load float, ptr %85, align 4
  %531 = fsub fast float %530, %529
  store float %531, ptr %85, align 4
  %532 = load float, ptr %81, align 4
  %533 = load float, ptr %86, align 4
  %534 = fsub fast float %533, %532
  store float %534, ptr %86, align 4
  %535 = load float, ptr %81, align 4
  %536 = fsub fast float 1.000000e+00, %535
  store float %536, ptr %87, align 4
  %537 = load ptr, ptr %32, align 8
  %538 = getelementptr inbounds float, ptr %537, i64 0
  %539 = load float, ptr %538, align 4
  %540 = load float, ptr %85, align 4
  %541 = fmul fast float %539, %540
  %542 = load ptr, ptr %32, align 8
  %543 = getelementptr inbounds float, ptr %542, i64 2
  %544 = load float, ptr %543, align 4
  %545 = load float, ptr %86, align 4
  %546 = fmul fast float %544, %545
  %547 = fadd fast float %541, %546
  store float %547, ptr %88, align 4
  %548 = load ptr, ptr %32, align 8
  %549 = getelementptr inbounds float, ptr %548, i64 3
  %550 = load float, ptr %549, align 4
  %551 = load float, ptr %85, align 4
  %552 = fmul fast float %550, %551
  %553 = load ptr, ptr %32, align 8
  %554 = getelementptr inbounds float, ptr %553, i64 5
  %555 = load float, ptr %554, align 4
  %556 = load float, ptr %86, align 4
  %557 = fmul fast float %555, %556
  %558 = fadd fast float %552, %557
  store float %558, ptr %89, align 4
  %559 = load ptr, ptr %32, align 8
  %560 = getelementptr inbounds float, ptr %559, i64 6
  %561 = load float, ptr %560, align 4
  %562 = load float, ptr %85, align 4
  %563 = fmul fast float %561, %562
  %564 = load ptr, ptr %32, align 8
  %565 = getelementptr inbounds float, ptr %564, i64 8
  %566 = load float, ptr %565, align 4
  %567 = load float, ptr %86, align 4
  %568 = fmul fast float %566, %567
  %569 = fadd fast float %563, %568
  store float %569, ptr %90, align 4
  %570 = load float, ptr %87, align 4
  %571 = load float, ptr %88, align 4
  %572 = load float, ptr %89, align 4
  %573 = load float, ptr %90, align 4
  %574 = call fast nofpclass(nan inf) float @most(float noundef nofpclass(nan inf) %572, float noundef nofpclass(nan inf) %573)
  %575 = call fast nofpclass(nan inf) float @most(float noundef nofpclass(nan inf) %571, float noundef nofpclass(nan inf) %574)
  %576 = call fast nofpclass(nan inf) float @most(float noundef nofpclass(nan inf) %570, float noundef nofpclass(nan inf) %575)
  store float %576, ptr %91, align 4
  %577 = load float, ptr %81, align 4
  %578 = load float, ptr %88, align 4
  %579 = load float, ptr %89, align 4
  %580 = load float, ptr %90, align 4
  %581 = call fast nofpclass(nan inf) float @least(float noundef nofpclass(nan inf) %579, float noundef nofpclass(nan inf) %580)
  %582 = call fast nofpclass(nan inf) float @least(float noundef nofpclass(nan inf) %578, float noundef nofpclass(nan inf) %581)
  %583 = fneg fast float %582
  %584 = call fast nofpclass(nan inf) float @most(float noundef nofpclass(nan inf) %577, float noundef nofpclass(nan inf) %583)
  store float %584, ptr %92, align 4
  %585 = load float, ptr %87, align 4
  %586 = fadd fast float %585, 0x3E7AD7F2A0000000
  %587 = load float, ptr %91, align 4
  %588 = fadd fast float %587, 0x3E7AD7F2A0000000
  %589 = fdiv fast float %586, %588
  %590 = load float, ptr %81, align 4
  %591 = fadd fast float %590, 0x3E7AD7F2A0000000
  %592 = load float, ptr %92, align 4
  %593 = fadd fast float %592, 0x3E7AD7F2A0000000
  %594 = fdiv fast float %591, %593
  %595 = call fast nofpclass(nan inf) float @least(float noundef nofpclass(nan inf) %589, float noundef nofpclass(nan inf) %594)
  store float %595, ptr %93, align 4
  %596 = load float, ptr %81, align 4
  %597 = load float, ptr %88, align 4
  %598 = load float, ptr %93, align 4
  %599 = fmul fast float %597, %598
  %600 = fadd fast float %596, %599
  %601 = call i32 @gamma_place(float noundef nofpclass(nan inf) %600)
  %602 = load i64, ptr %80, align 8
  %603 = getelementptr inbounds [512 x i32], ptr %48, i64 0, i64 %602
  store i32 %601, ptr %603, align 4
  %604 = load float, ptr %81, align 4
  %605 = load float, ptr %89, align 4
  %606 = load float, ptr %93, align 4
  %607 = fmul fast float %605, %606
  %608 = fadd fast float %604, %607
  %609 = call i32 @gamma_place(float noundef nofpclass(nan inf) %608)
  %610 = load i64, ptr %80, align 8
  %611 = getelementptr inbounds [512 x i32], ptr %49, i64 0, i64 %610
  store i32 %609, ptr %611, align 4
  %612 = load float, ptr %81, align 4
  %613 = load float, ptr %90, align 4
  %614 = load float, ptr %93, align 4
  %615 = fmul fast float %613, %614
  %616 = fadd fast float %612, %615
  %617 = call i32 @gamma_place(float noundef nofpclass(nan inf) %616)
  %618 = load i64, ptr %80, align 8
  %619 = getelementptr inbounds [512 x i32], ptr %50, i64 0, i64 %618
  store i32 %617, ptr %619, align 4
  br label %620

620:                                              ; preds = %527
  %621 = load i64, ptr %80, align 8
  %622 = add nsw i64 %621, 1
  store i64 %622, ptr %80, align 8
  br label %472

623:                                              ; preds = %472
  store i64 0, ptr %94, align 8
  br label %624

624:                                              ; preds = %658, %623
  %625 = load i64, ptr %94, align 8
  %626 = load i64, ptr %61, align 8
  %627 = icmp slt i64 %625, %626
  br i1 %627, label %628, label %661

628:                                              ; preds = %624
  %629 = load ptr, ptr %31, align 8
  %630 = load i64, ptr %94, align 8
  %631 = getelementptr inbounds [512 x i32], ptr %48, i64 0, i64 %630
  %632 = load i32, ptr %631, align 4
  %633 = sext i32 %632 to i64
  %634 = getelementptr inbounds i32, ptr %629, i64 %633
  %635 = load i32, ptr %634, align 4
  %636 = load ptr, ptr %31, align 8
  %637 = load i64, ptr %94, align 8
  %638 = getelementptr inbounds [512 x i32], ptr %49, i64 0, i64 %637
  %639 = load i32, ptr %638, align 4
  %640 = sext i32 %639 to i64
  %641 = getelementptr inbounds i32, ptr %636, i64 %640
  %642 = load i32, ptr %641, align 4
  %643 = shl i32 %642, 8
  %644 = or i32 %635, %643
  %645 = load ptr, ptr %31, align 8
  %646 = load i64, ptr %94, align 8
  %647 = getelementptr inbounds [512 x i32], ptr %50, i64 0, i64 %646
  %648 = load i32, ptr %647, align 4
  %649 = sext i32 %648 to i64
  %650 = getelementptr inbounds i32, ptr %645, i64 %649
  %651 = load i32, ptr %650, align 4
  %652 = shl i32 %651, 16
  %653 = or i32 %644, %652
  %654 = or i32 %653, -16777216
  %655 = load ptr, ptr %63, align 8
  %656 = load i64, ptr %94, align 8
  %657 = getelementptr inbounds i32, ptr %655, i64 %656
  store i32 %654, ptr %657, align 4
  br label %658

658:                                              ; preds = %628
  %659 = load i64, ptr %94, align 8
  %660 = add nsw i64 %659, 1
  store i64 %660, ptr %94, align 8
  br label %624

661:                                              ; preds = %624
  br label %662

662:                                              ; preds = %661
  %663 = load i64, ptr %60, align 8
  %664 = add nsw i64 %663, 512
  store i64 %664, ptr %60, align 8
  br label %221

665:                                              ; preds = %221
  br label %666

666:                                              ; preds = %665
  %667 = load i64, ptr %52, align 8
  %668 = add nsw i64 %667, 1
  store i64 %668, ptr %52, align 8
  br label %131

669:                                              ; preds = %131
  ret void
}

define internal nofpclass(nan inf) float @least(float noundef nofpclass(nan inf) %0, float noundef nofpclass(nan inf) %1) {
  %3 = alloca float, align 4
  %4 = alloca float, align 4
  store float %0, ptr %3, align 4
  store float %1, ptr %4, align 4
  %5 = load float, ptr %3, align 4
  %6 = load float, ptr %4, align 4
  %7 = fcmp fast olt float %5, %6
  br i1 %7, label %8, label %10

8:                                                ; preds = %2
  %9 = load float, ptr %3, align 4
  br label %12

10:                                               ; preds = %2
  %11 = load float, ptr %4, align 4
  br label %12

12:                                               ; preds = %10, %8
  %13 = phi fast float [ %9, %8 ], [ %11, %10 ]
  ret float %13
}

define internal nofpclass(nan inf) float @root_of(float noundef nofpclass(nan inf) %0, ptr noundef %1) {
  %3 = alloca float, align 4
  %4 = alloca ptr, align 8
  %5 = alloca float, align 4
  %6 = alloca i32, align 4
  store float %0, ptr %3, align 4
  store ptr %1, ptr %4, align 8
  %7 = load float, ptr %3, align 4
  %8 = fmul fast float %7, 4.096000e+03
  store float %8, ptr %5, align 4
  %9 = load float, ptr %5, align 4
  %10 = fptosi float %9 to i32
  %11 = icmp slt i32 %10, 4095
  br i1 %11, label %12, label %15

12:                                               ; preds = %2
  %13 = load float, ptr %5, align 4
  %14 = fptosi float %13 to i32
  br label %16

15:                                               ; preds = %2
  br label %16

16:                                               ; preds = %15, %12
  %17 = phi i32 [ %14, %12 ], [ 4095, %15 ]
  store i32 %17, ptr %6, align 4
  %18 = load ptr, ptr %4, align 8
  %19 = load i32, ptr %6, align 4
  %20 = sext i32 %19 to i64
  %21 = getelementptr inbounds float, ptr %18, i64 %20
  %22 = load float, ptr %21, align 4
  %23 = load ptr, ptr %4, align 8
  %24 = load i32, ptr %6, align 4
  %25 = add nsw i32 %24, 1
  %26 = sext i32 %25 to i64
  %27 = getelementptr inbounds float, ptr %23, i64 %26
  %28 = load float, ptr %27, align 4
  %29 = load ptr, ptr %4, align 8
  %30 = load i32, ptr %6, align 4
  %31 = sext i32 %30 to i64
  %32 = getelementptr inbounds float, ptr %29, i64 %31
  %33 = load float, ptr %32, align 4
  %34 = fsub fast float %28, %33
  %35 = load float, ptr %5, align 4
  %36 = load i32, ptr %6, align 4
  %37 = sitofp i32 %36 to float
  %38 = fsub fast float %35, %37
  %39 = fmul fast float %34, %38
  %40 = fadd fast float %22, %39
  ret float %40
}

define internal nofpclass(nan inf) float @most(float noundef nofpclass(nan inf) %0, float noundef nofpclass(nan inf) %1) {
  %3 = alloca float, align 4
  %4 = alloca float, align 4
  store float %0, ptr %3, align 4
  store float %1, ptr %4, align 4
  %5 = load float, ptr %3, align 4
  %6 = load float, ptr %4, align 4
  %7 = fcmp fast ogt float %5, %6
  br i1 %7, label %8, label %10

8:                                                ; preds = %2
  %9 = load float, ptr %3, align 4
  br label %12

10:                                               ; preds = %2
  %11 = load float, ptr %4, align 4
  br label %12

12:                                               ; preds = %10, %8
  %13 = phi fast float [ %9, %8 ], [ %11, %10 ]
  ret float %13
}

define internal i32 @gamma_place(float noundef nofpclass(nan inf) %0) {
  %2 = alloca float, align 4
  store float %0, ptr %2, align 4
  %3 = load float, ptr %2, align 4
  %4 = call fast nofpclass(nan inf) float @most(float noundef nofpclass(nan inf) %3, float noundef nofpclass(nan inf) 0.000000e+00)
  %5 = call fast nofpclass(nan inf) float @least(float noundef nofpclass(nan inf) %4, float noundef nofpclass(nan inf) 1.000000e+00)
  %6 = fmul fast float %5, 1.638400e+04
  %7 = fadd fast float %6, 5.000000e-01
  %8 = fptosi float %7 to i32
  ret i32 %8
}
